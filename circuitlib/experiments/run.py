"""Carry out the runs of an experiment and store each of them, once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib._npz import ArchiveError
from circuitlib._provenance import commit, hardware, software_versions
from circuitlib.experiments.catalogue import experiment_of
from circuitlib.experiments.experiment import DURATION
from circuitlib.experiments.plan import Run, plan
from circuitlib.experiments.store import file_hash, load_runs, read_run, summarize, write_run
from circuitlib.experiments.table import table
from circuitlib.methods.estimator import TRAIN_FRACTION, held_out_bits
from circuitlib.methods.inference import among_all, infer
from circuitlib.methods.weights_file import InferredWeights
from circuitlib.metrics import inference_error, mean_profile, score_weights
from circuitlib.recordings.spike_trains import Recording
from circuitlib.simulation.networks import Network
from circuitlib.simulation.oracle import oracle_bits_per_spike
from circuitlib.simulation.record import Simulation
from circuitlib.simulation.simulator import simulate, simulate_counts

#: Significant digits of a stored profile.
_DIGITS = 6


def reproduce(
    experiment: str,
    output: Path,
    seeds: int | None = None,
    preset: str = "paper",
    methods: Sequence[str] = (),
    duration: float | None = None,
    device: str = "cpu",
) -> str:
    """Carry out the runs of an experiment that are not stored yet; return a table of all.

    Parameters
    ----------
    experiment, seeds, preset, methods, duration
        As for :func:`circuitlib.experiments.plan.plan`.
    output
        Folder that gets a folder for each experiment, with one JSON file for each run.
    device
        Where torch computes, for methods that use it.

    Raises
    ------
    ValueError
        If a setting is out of range.
    ArchiveError
        If a stored run was made with other settings, or is damaged.
    """
    runs = plan(experiment, seeds, preset, methods, duration)
    missing = [run for run in runs if not _is_stored(run, output)]
    source, recordings = commit(), Recordings()
    with tqdm(total=len(runs), initial=len(runs) - len(missing), unit="run") as bar:
        for run in missing:
            bar.set_description(run.name)
            carry_out(run, output, device, recordings, source)
            bar.update()
    files = {output / run.experiment / f"{run.name}.json" for run in runs}
    stored = [run for run in load_runs(experiment, output) if run.path in files]
    return table(experiment, summarize(stored))


@dataclass
class Recordings:
    """The recording in use, so that the methods that follow each other share it."""

    key: tuple[object, ...] = ()
    recording: Recording | None = None
    oracle: dict[float, float] = field(default_factory=dict)

    def get(self, run: Run, bin_width: float) -> Recording:
        """Simulate what a run needs: spike times, or counts where those would be too many."""
        long = run.duration > DURATION
        what = (run.network, run.input, run.spiking, run.data_seed, run.duration)
        key = (*what, bin_width if long else 0)
        if self.recording is None or key != self.key:
            self.recording, self.oracle = None, {}  # room for the next one
            network, spiking, seed = run.network, run.spiking, run.data_seed
            settings: dict[str, Any] = {"seed": seed, "progress": True}
            if run.input is not None:
                angle = run.input.angle(network.n_neurons, run.duration, seed)
                settings |= {"angle": angle, "steering": run.input.steering}
            if long:
                self.recording = simulate_counts(
                    network, run.duration, bin_width, spiking, **settings
                )
            else:
                self.recording = simulate(network, run.duration, spiking, **settings)
            self.key = key
        if run.subset is None:
            return self.recording
        return self.recording.select(run.subset.observed(run.network.n_neurons, run.data_seed))

    def oracle_bits(self, run: Run, bin_width: float) -> float | None:
        """Return the score of the true rates on what a method did not see.

        There is none for a part of the neurons: the true rates depend on the others too.
        """
        is_part = run.subset is not None and run.subset.n_observed < run.network.n_neurons
        if is_part or not isinstance(self.recording, Simulation):
            return None
        if bin_width not in self.oracle:
            start = TRAIN_FRACTION * self.recording.duration
            self.oracle[bin_width] = oracle_bits_per_spike(self.recording, bin_width, start)
        return self.oracle[bin_width]


def _is_stored(run: Run, output: Path) -> bool:
    """Tell whether a run is stored; refuse one that was made otherwise or was changed."""
    path = output / run.experiment / f"{run.name}.json"
    if not path.exists():
        return False
    stored = read_run(path, run.experiment)
    expected, found = run.all_settings, stored.settings
    different = sorted(
        f"{name} is {found.get(name)!r}, now {expected.get(name)!r}"
        for name in found.keys() | expected.keys()
        if found.get(name) != expected.get(name)
    )
    if different:
        raise ArchiveError(
            f"{path}: was made with other settings ({'; '.join(different)}); "
            "remove it to run it again, or give another --output"
        )
    if stored.weights_file is not None:
        stored.weights()
    return True


def carry_out(
    run: Run,
    output: Path,
    device: str = "cpu",
    recordings: Recordings | None = None,
    source: dict[str, Any] | None = None,
) -> Path:
    """Simulate, infer, score and store one run; return its JSON file.

    Parameters
    ----------
    run
        The run.
    output, device
        As for :func:`reproduce`.
    recordings
        Keeps the recording for the next run.
    source
        Commit of the library when it was loaded; see :func:`commit`.
    """
    source = commit() if source is None else source
    recordings = Recordings() if recordings is None else recordings
    folder = output / run.experiment
    folder.mkdir(parents=True, exist_ok=True)
    estimator, settings = run.estimator(), run.all_settings
    if hasattr(estimator, "device"):
        estimator = replace(estimator, device=device)
    recording = recordings.get(run, estimator.bin_width)
    train, test = recording.split(TRAIN_FRACTION)
    checkpoint = folder / f".{run.name}.resume"
    resumed = checkpoint.exists()
    start = time.perf_counter()
    weights, errors, kept = infer(estimator, train, drop_silent=True, checkpoint=checkpoint)
    seconds = time.perf_counter() - start
    bits = held_out_bits(estimator, test.select(kept) if len(kept) < len(weights) else test)
    weights, errors = (_among_network(found, run) for found in (weights, errors))
    # Rounded before scoring, so that the score follows from the stored weights.
    weights = weights.astype(np.float32).astype(np.float64)
    keeps_weights = experiment_of(run.experiment).keeps_weights
    file = folder / f"{run.name}.npz" if keeps_weights else None
    if file is not None:
        InferredWeights.of(
            weights.astype(np.float32),
            run.method,
            settings,
            estimator.bin_width,
            TRAIN_FRACTION,
            bits,
            errors=None if errors is None else errors.astype(np.float32),
        ).save(file)
    oracle = None if bits is None else recordings.oracle_bits(run, estimator.bin_width)
    content = {
        "experiment": run.experiment,
        "settings": settings,
        "score": score(run.network, weights)
        | {"bits_per_spike": bits, "oracle_bits_per_spike": oracle},
        "profile": profile(run.network, weights),
        "tried": tried(run, estimator),
        "weights_file": None if file is None else file.name,
        "weights_sha256": None if file is None else file_hash(file),
        "seconds": round(seconds, 1),
        "resumed": resumed,
        "versions": software_versions(),
        "commit": source,
        "hardware": hardware(str(getattr(estimator, "device", "cpu"))),
    }
    path = folder / f"{run.name}.json"
    write_run(path, content)
    return path


def _among_network(found: Any, run: Run) -> Any:
    """Return a matrix of observed neurons as one of all, NaN elsewhere; None stays None."""
    if found is None or run.subset is None:
        return found
    n = run.network.n_neurons
    return among_all(found, run.subset.observed(n, run.data_seed), n)


def tried(run: Run, estimator: Any) -> dict[str, dict[str, float]] | None:
    """Return loss and error by the number of hidden nodes that was tried; None if none was."""
    found = getattr(estimator, "tried_", {})
    return {
        str(number): {
            "loss": each.loss,
            "delta": inference_error(run.network.weights, _among_network(each.weights, run)),
        }
        for number, each in found.items()
    } or None


def score(network: Network, weights: Float[np.ndarray, "post pre"]) -> dict[str, float | None]:
    """Score weights against a network; None for what only a ring has."""
    found = score_weights(network.weights, weights, network.bump_spacing)._asdict()
    del found["scale"]
    return {name: None if np.isnan(value) else float(value) for name, value in found.items()}


def profile(network: Network, weights: Float[np.ndarray, "post pre"]) -> list[float] | None:
    """Return the mean profile on a ring, rounded and without the diagonal; None without a ring."""
    if network.bump_spacing is None:
        return None
    values = mean_profile(weights)
    values[0] = 0.0
    return [float(f"{value:.{_DIGITS}g}") for value in values]
