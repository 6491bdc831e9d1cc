"""How long a method will take, from the stored runs of it, and how large its arrays are."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from scipy.optimize import lsq_linear

from circuitlib._npz import ArchiveError
from circuitlib.experiments.store import StoredRun, read_run, results_folder
from circuitlib.simulation.effort import in_bytes, in_words

#: Powers of the neurons and of the duration with which time grows, where no stored runs tell: one
#: weight for each pair, and every bin is read equally often.
_USUAL_POWERS = (2.0, 1.0)
#: Stored times are rounded to a tenth of a second.
_SHORTEST = 0.05
#: Bytes of a number in double precision.
_BYTES = 8


@dataclass(frozen=True, slots=True)
class Cost:
    """What a fit takes, as far as stored runs tell; its text is one line.

    Parameters
    ----------
    seconds
        Time on the machines of the stored runs.
    factor
        By which two thirds of the stored runs took at most longer or shorter than estimated; None
        if the recording has more or fewer neurons, or is longer or shorter, than all of them.
    memory
        Bytes of an array that holds a number for each bin and neuron. The stored runs do not hold
        what a fit takes in all: a regression holds about one such array, a method that reads single
        spikes none, and a network needs room for its training besides.
    machine
        The machines of the stored runs.
    """

    seconds: float
    factor: float | None
    memory: float
    machine: str

    def __str__(self) -> str:
        if self.factor is None:
            spread = " by extrapolation"
        else:
            spread = f", give or take a factor of {self.factor:.1f}"
        return (
            f"about {in_words(self.seconds)}{spread}, and {in_bytes(self.memory)} for an array "
            f"of all bins, on the machine of the stored runs ({self.machine})"
        )


def estimate(label: str, n_neurons: int, duration: float) -> Cost | None:
    """Estimate what a method takes on a recording.

    The logarithm of the time is fitted, by least squares, as a sum of that of the neurons and that
    of the duration, each with a power of its own where the stored runs differ in it.

    Parameters
    ----------
    label
        Name of the method, with its preset if it has presets: ``"gnn@quick"``.
    n_neurons
        Number of neurons.
    duration
        Recorded time in seconds.

    Returns
    -------
    Cost or None
        None if no run of the method is stored.
    """
    runs = _comparable(label)
    if not runs:
        return None
    sizes = np.array([[_n_neurons(run), run.settings["duration"]] for run in runs], dtype=float)
    times = np.log([max(run.seconds, _SHORTEST) for run in runs])
    # One row for each run: the constant, and how far neurons and duration are from those asked for.
    apart = np.log(sizes / [n_neurons, duration])
    inside = (apart.min(axis=0) <= 0).all() and (apart.max(axis=0) >= 0).all()
    rows = np.column_stack((np.ones(len(runs)), apart))
    usual = np.array([0.0, *_USUAL_POWERS])
    vary = np.array([True, *(np.ptp(sizes, axis=0) > 0)])
    rest = times - rows[:, ~vary] @ usual[~vary]
    # More neurons or a longer recording never take less time.
    least = np.array([-np.inf, 0.0, 0.0])[vary]
    fit = lsq_linear(rows[:, vary], rest, bounds=(least, np.inf), method="bvls")
    bin_width = float(runs[0].settings["estimator"]["bin_width"])
    return Cost(
        seconds=float(np.exp(fit.x[0])),
        factor=float(np.exp(np.sqrt(np.mean(fit.fun**2)))) if inside else None,
        memory=_BYTES * n_neurons * duration / bin_width,
        machine=_machine(runs),
    )


def _comparable(label: str) -> list[StoredRun]:
    """Return the whole runs of a method on a processor, with its usual hyper-parameters."""
    runs = []
    for path in sorted(results_folder().glob("*/*.json")):
        if path.name.startswith(f"{label}-"):
            with suppress(ArchiveError):  # a damaged run tells nothing
                runs.append(read_run(path, path.parent.name))
    runs = [
        run
        for run in runs
        if run.method == label and not run.resumed and run.hardware.get("gpu") is None
    ]
    if not runs:
        return []
    [(usual, _)] = Counter(map(_hyper_parameters, runs)).most_common(1)
    return [run for run in runs if _hyper_parameters(run) == usual]


def _hyper_parameters(run: StoredRun) -> str:
    own = {name: value for name, value in run.settings["estimator"].items() if name != "seed"}
    return json.dumps(own, sort_keys=True)


def _n_neurons(run: StoredRun) -> int:
    return int(run.settings["network"]["n_neurons"])


def _machine(runs: Sequence[StoredRun]) -> str:
    """Name what the runs were made on."""
    cores = sorted({str(run.hardware.get("cores", "?")) for run in runs})
    models = sorted({str(run.hardware.get("cpu", "?")) for run in runs})
    return f"{' or '.join(cores)} cores, {' or '.join(models)}"
