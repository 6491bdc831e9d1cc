"""From a fit to all findings about a recording: controls, a ring, other models."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from circuitlib.head_direction.angular_profile import AngularProfile, angular_profile
from circuitlib.head_direction.tuning import preferred_directions, tuning_curves, wrap
from circuitlib.methods.inference import Inferred
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes
from circuitlib.report import controls
from circuitlib.report.claims import Claims, Estimate, Name, claim
from circuitlib.report.comparison import Comparison, Step, Task, compare
from circuitlib.report.findings import Findings, Origin
from circuitlib.report.quality import judge_quality
from circuitlib.report.ring import RingFit, RingVerdict, fit_ring, judge_ring

#: False discovery rate of the list.
RATE = 0.05
#: Methods that have errors, which a report offers to those that have none.
WITH_ERRORS = "single-index, single-index-symmetric, gnn or gnn-ring"
#: Time constant (s) of a method that has none, and bins (s) of tuning curves.
_TAU, _TUNING_BIN = 10e-3, 5e-3
#: Fits of other models.
_OTHER_FITS = 7


class Fit(NamedTuple):
    """A method and its fit to a recording.

    Parameters
    ----------
    unfitted, fitted
        The method, and its fit.
    found
        What it found.
    angle
        How it was told of the angle; None if it was not.
    """

    unfitted: Any
    fitted: Any
    found: Inferred
    angle: str | None


def gather(
    recording: Recording,
    fit: Fit,
    origin: Origin,
    notes: tuple[str, ...],
    seed: int,
    progress: bool,
    began: float,
) -> Findings:
    """Find out all that a report tells of a recording.

    What cannot be found out, because there are too few spikes for it, is told with its reason.

    Parameters
    ----------
    recording
        All of the recording.
    fit
        The method and its fit.
    origin, notes
        Where the recording comes from, and what was pointed out so far.
    seed
        Seed of the controls.
    progress
        Show a progress bar with the time that is left.
    began
        When the fit began, on the clock of :func:`time.perf_counter`.
    """
    record, kept = fit.found.record, fit.found.kept
    seen = recording if len(kept) == recording.n_neurons else recording.select(kept)
    tau = float(getattr(fit.fitted, "tau", _TAU))
    train = seen.split(record.train_fraction)[0]
    names = controls.controls_of(seen)
    task = Task(
        record.method, fit.unfitted, fit.fitted, seen, record.train_fraction, tau, fit.angle, seed
    )
    with tqdm(
        total=len(names) * controls.DRAWS + _OTHER_FITS, desc="report", disable=not progress
    ) as bar:
        step = _steps(bar)
        own = _estimate(fit, kept)
        claims, drawn, no_claims = _claims(fit, own, names, train, tau, seed, step)
        ring, ring_fit, no_ring = _ring(task, names, step)
        comparison, no_comparison = _compared(task, ring_fit, step)
        bar.update(bar.total - bar.n)
    profiles, preferred = _profiles(train, own, drawn)
    return Findings(
        origin,
        seen,
        tuple(name for name in recording.units if name not in seen.units),
        record,
        judge_quality(seen),
        own,
        drawn,
        controls.window(seen, tau),
        claims,
        no_claims,
        ring,
        no_ring,
        profiles,
        preferred,
        comparison,
        no_comparison,
        notes,
        time.perf_counter() - began,
    )


def _steps(bar: tqdm) -> Step:
    """Make a function that tells what is being done."""

    @contextmanager
    def step(what: str) -> Iterator[None]:
        bar.set_postfix_str(what)
        yield
        bar.update()

    return step


def _estimate(fit: Fit, kept: np.ndarray) -> Estimate | None:
    """Return weights and errors of the neurons that the method saw; None if it has no errors."""
    record = fit.found.record
    if record.errors is None:
        return None
    among = np.ix_(kept, kept)
    return Estimate(record.weights[among], record.errors[among])


def _claims(
    fit: Fit,
    own: Estimate | None,
    names: tuple[Name, ...],
    train: Recording,
    tau: float,
    seed: int,
    step: Step,
) -> tuple[Claims | None, dict[Name, list[Estimate]], str]:
    """Fit the controls, and claim what is beyond them; else say why not."""
    if own is None:
        return (
            None,
            {},
            f"The method {fit.found.record.method} gives its weights no errors, so that nobody "
            f"can tell which of them are more than chance. Choose {WITH_ERRORS}.",
        )
    drawn: dict[Name, list[Estimate]] = {name: [] for name in names}
    try:
        for name in names:
            for number in range(controls.DRAWS):
                with step(f"control: {name}, {number + 1} of {controls.DRAWS}"):
                    control = controls.draw(name, train, tau, seed + number)
                    drawn[name].append(controls.estimate(name, fit.unfitted, fit.fitted, control))
        return claim(own, drawn, RATE), drawn, ""
    except ValueError as error:
        reason = f"No control could be fitted ({error}), and without one nothing is claimed."
        return None, {}, reason


def _ring(
    task: Task, names: tuple[Name, ...], step: Step
) -> tuple[RingVerdict | None, RingFit | None, str]:
    """Fit a ring to the recording and to a control."""
    # Without an angle only the jittered control has what is common to the neurons.
    name: Name = "uncoupled" if "uncoupled" in names else "jittered"
    settings = (task.train_fraction, task.bin_width, task.tau, task.angle, task.seed)
    found = None
    try:
        with step("ring"):
            found = fit_ring(task.recording, *settings)
        with step(f"ring in the control: {name}"):
            drawn = controls.draw(name, task.recording, task.tau, task.seed)
            return judge_ring(found, fit_ring(drawn, *settings), name), found, ""
    except ValueError as error:
        return None, found, f"{error}."


def _compared(task: Task, ring: RingFit | None, step: Step) -> tuple[Comparison | None, str]:
    try:
        return compare(task, ring, step), ""
    except ValueError as error:
        return None, f"{error}."


def _profiles(
    train: Recording, own: Estimate | None, drawn: dict[Name, list[Estimate]]
) -> tuple[dict[str, AngularProfile], np.ndarray | None]:
    """Return mean weights against the angle between preferred directions, if they are known."""
    spikes = train if isinstance(train, Spikes) else train.binned(_TUNING_BIN)
    if spikes.angle is None:
        return {}, None
    preferred = preferred_directions(tuning_curves(spikes, wrap(spikes.angle)))
    profiles = {}
    if own is not None:
        profiles["recording"] = angular_profile(own.weights, preferred)
    if drawn.get("uncoupled"):
        mean = np.mean([each.weights for each in drawn["uncoupled"]], axis=0)
        profiles["uncoupled control"] = angular_profile(mean, preferred)
    return profiles, preferred
