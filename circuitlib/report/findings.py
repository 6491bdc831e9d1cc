"""All that a page shows, before it becomes words and figures."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from circuitlib.head_direction.angular_profile import AngularProfile
from circuitlib.methods.weights_file import InferredWeights
from circuitlib.recordings.spike_trains import Recording
from circuitlib.report.claims import Claims, Estimate, Name
from circuitlib.report.comparison import Comparison
from circuitlib.report.quality import Quality
from circuitlib.report.ring import RingVerdict


@dataclass(frozen=True)
class Origin:
    """Where a recording comes from.

    Parameters
    ----------
    name
        Of its file, or what else it is called; for the title.
    sha256
        Of the file; None if there is none.
    reading
        What was chosen from the file: options and their values.
    """

    name: str
    sha256: str | None = None
    reading: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found out about a recording.

    Parameters
    ----------
    origin
        Where it comes from.
    recording
        The neurons that the method saw.
    left_out
        Names of those that it did not see, because they never fire.
    inferred
        Weights of all neurons, as they are saved.
    quality
        What was recorded, and what looks wrong in it.
    fit
        Weights and errors of the neurons that the method saw; None if it gives no errors.
    controls
        What it found in the draws of each control.
    window
        Windows of the jitter in seconds.
    claims, no_claims
        The connections that are claimed; None if there can be none, and why.
    ring, no_ring
        What speaks for a ring; None if that is not known, and why.
    profiles
        Mean weight against the angle between preferred directions, of the recording and of its
        control; empty without an angle.
    preferred
        Preferred directions in radians; None without an angle.
    comparison, no_comparison
        How well models predict; None if that is not known, and why.
    notes
        What was pointed out while the recording was read and fitted.
    seconds
        How long all of it took.
    """

    origin: Origin
    recording: Recording
    left_out: tuple[str, ...]
    inferred: InferredWeights
    quality: Quality
    fit: Estimate | None
    controls: dict[Name, list[Estimate]]
    window: float
    claims: Claims | None
    no_claims: str
    ring: RingVerdict | None
    no_ring: str
    profiles: dict[str, AngularProfile]
    preferred: np.ndarray | None
    comparison: Comparison | None
    no_comparison: str
    notes: tuple[str, ...]
    seconds: float
