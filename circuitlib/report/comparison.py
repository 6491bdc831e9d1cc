"""The method of a report and simpler models: fitted to the same part, scored on the last."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from circuitlib.methods.catalogue import make, method_of
from circuitlib.methods.estimator import SpikePredictor
from circuitlib.methods.settings import changed
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes
from circuitlib.report.prediction import (
    Predicted,
    Scored,
    mean_rates,
    own_history,
    scored,
    tuning_alone,
)
from circuitlib.report.ring import RingFit

#: The strongest competitor that is simple, and its bins (s), in which spike times are compared.
COMPETITOR, _BIN = "glm-rectified", 1e-3
#: Numbers in the regressors of the competitor, at most, for which it has time and memory.
_MOST = 24_000_000

#: Tells what is being done.
Step = Callable[[str], AbstractContextManager[None]]


class Comparison(NamedTuple):
    """How well models predict the same spikes.

    Parameters
    ----------
    bin_width
        Bins in seconds, the same for all.
    duration
        Seconds that were predicted.
    models
        The method of the report first.
    """

    bin_width: float
    duration: float
    models: list[Predicted]


class Task(NamedTuple):
    """What is compared.

    Parameters
    ----------
    method
        Name of the method of the report.
    unfitted, fitted
        That method, and its fit.
    recording, train_fraction
        The recording, and its part that is fitted.
    tau, angle, seed
        Settings that all models share.
    """

    method: str
    unfitted: Any
    fitted: Any
    recording: Recording
    train_fraction: float
    tau: float
    angle: str | None
    seed: int

    @property
    def bin_width(self) -> float:
        """Bins in which all models can be compared."""
        width = self.recording.dt if isinstance(self.recording, Spikes) else _BIN
        return max(float(self.fitted.bin_width), width)


def compare(task: Task, ring: RingFit | None, step: Step) -> Comparison:
    """Fit simpler models to the same spikes, and score all of them.

    Parameters
    ----------
    task
        What is compared.
    ring
        A ring, if one was fitted in the same bins.
    step
        Tells what is being done.

    Raises
    ------
    ValueError
        If the method predicts no spikes, or the last part holds too few.
    """
    if not isinstance(task.fitted, SpikePredictor):
        raise ValueError(
            f"the method {task.method} predicts no spikes, so that nobody can tell by them whether "
            "its weights are any good"
        )
    train, test = task.recording.split(task.train_fraction)
    unseen, width = test.binned(task.bin_width), task.bin_width
    mean = mean_rates(unseen)
    with step(f"{task.method} in the bins of the comparison"):
        fitted = task.fitted
        if fitted.bin_width != width:
            fitted = changed(task.unfitted, {"bin_width": width}).fit(train)
        own = scored(unseen, fitted.rates(test))
    title = method_of(task.method).title
    models = [Predicted(title, own.over(mean), None, "the method of this page")]
    for name, score, note in _others(task, ring, train.binned(width), unseen, step):
        models.append(Predicted(name, score.over(mean), own.over(score), note))
    models.append(Predicted("mean rates", mean.over(mean), own.over(mean), "zero by definition"))
    return Comparison(width, unseen.duration, models)


def _others(
    task: Task, ring: RingFit | None, train: Spikes, test: Spikes, step: Step
) -> Iterator[tuple[str, Scored, str]]:
    """Yield names, scores and notes of the other models."""
    if ring is not None and task.method != "gnn-ring":
        free = "unseen spikes preferred free weights, which are scored here; symmetric"
        yield "learned ring", ring.ring, "symmetric" if ring.is_ring else free
    if task.method != COMPETITOR:
        with step(COMPETITOR):
            yield _competitor(task, train, test)
    with step("own history"):
        rates = own_history(train, test, task.tau)
        memory = f"each neuron by itself, up to {100 * task.tau:g} s back"
        yield "own history alone", scored(test, rates), memory
    if train.angle is None:
        return
    with step("tuning"):
        yield "tuning curves alone", scored(test, tuning_alone(train, test)), "no history"
        both = own_history(train, test, task.tau, tuned=True)
        yield "tuning with own history", scored(test, both), "no connections"


def _competitor(task: Task, train: Spikes, test: Spikes) -> tuple[str, Scored, str]:
    """Fit the competitor, if need be to the last part of what is seen."""
    n_bins = min(train.n_bins, _MOST // train.n_neurons)
    part = train.window(train.n_bins - n_bins, n_bins)
    settings = {
        "bin_width": train.dt,
        "tau": task.tau,
        "self_history": True,
        "angle": task.angle,
    }
    glm = changed(make(COMPETITOR), settings).fit(part)
    note = "with its own history"
    if n_bins < train.n_bins:
        note += f"; fitted to the last {part.duration:.4g} s only, to bound its time"
    return "rectified GLM", scored(test, glm.rates(test)), note
