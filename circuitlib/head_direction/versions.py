"""The versions of a session that are compared: parts of it, sleep, and controls."""

from collections.abc import Callable
from functools import partial

import numpy as np

from circuitlib.head_direction.controls import shuffle_control, uncoupled_control
from circuitlib.head_direction.coupled import ring_coupling
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import preferred_directions
from circuitlib.recordings.spikes import Spikes

#: Blocks of time for the error of a profile.
BLOCKS = 5
#: Seconds over which the slow gain of a cell is kept in a control.
GAIN_WINDOW = 10.0
#: Seconds within which spikes tell of an internal angle.
INTERNAL_WINDOW = 50e-3
#: Peak weights of the positive control (log rate), and the time constant of its synapses (s).
STRENGTHS, SYNAPSE = (0.0125, 0.025, 0.05, 0.1, 0.15), 20e-3

#: Added to a seed for spikes that must not be those of another version.
_OTHER_SPIKES = 1000

#: Makes a version from a session and the seed of a draw.
Maker = Callable[[HeadDirectionRecording, int], Spikes]


def _part(first: int, of: int, session: HeadDirectionRecording, seed: int) -> Spikes:
    edges = np.linspace(0, session.spikes.n_bins, of + 1).astype(int)
    return session.spikes.window(int(edges[first]), int(edges[first + 1] - edges[first]))


def _asleep(kind: str, session: HeadDirectionRecording, seed: int) -> Spikes:
    return session.sleep[kind]


def _coupled(peak: float, session: HeadDirectionRecording, seed: int) -> Spikes:
    weights = ring_coupling(preferred_directions(session.tuning_curves()), peak)
    return uncoupled_control(session, seed, coupling=weights, tau=SYNAPSE).spikes


def _uncoupled(lags: bool, window: float | None, s: HeadDirectionRecording, seed: int) -> Spikes:
    return uncoupled_control(s, seed, anticipation=lags, excitability=window).spikes


def _internal(s: HeadDirectionRecording, seed: int) -> Spikes:
    return uncoupled_control(s, seed, internal=INTERNAL_WINDOW).spikes


def _misread(s: HeadDirectionRecording, seed: int) -> Spikes:
    """Follow an internal angle that differs from the measured one by errors of decoding only."""
    return _internal(uncoupled_control(s, _OTHER_SPIKES + seed), seed)


#: Every version by name, and how often it is drawn; the wake session itself is fitted with as many
#: seeds of the methods.
VERSIONS: dict[str, tuple[int, Maker]] = {
    "wake": (3, lambda session, seed: session.spikes),
    "uncoupled": (3, partial(_uncoupled, False, None)),
    "uncoupled-lags": (3, partial(_uncoupled, True, None)),
    "uncoupled-gains": (3, partial(_uncoupled, True, GAIN_WINDOW)),
    "uncoupled-internal": (3, _internal),
    "uncoupled-misread": (3, _misread),
    "shifted": (3, lambda session, seed: shuffle_control(session, seed).spikes),
    **{f"half{k}": (1, partial(_part, k, 2)) for k in range(2)},
    **{f"block{k}": (1, partial(_part, k, BLOCKS)) for k in range(BLOCKS)},
    **{kind: (1, partial(_asleep, kind)) for kind in ("REM", "slow-wave", "sleep")},
    **{f"coupled-{peak:g}": (2, partial(_coupled, peak)) for peak in STRENGTHS},
}

#: Versions without a head angle.
ASLEEP = ("REM", "slow-wave", "sleep")


def available(session: HeadDirectionRecording) -> list[str]:
    """Return the versions that can be made of a session: sleep only as far as it holds it."""
    return [name for name in VERSIONS if name not in ASLEEP or name in session.sleep]
