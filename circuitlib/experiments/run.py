"""Carry out the runs of an experiment and store each of them, once."""

import inspect
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib._npz import ArchiveError, write_atomically
from circuitlib._provenance import commit, hardware, software_versions
from circuitlib.experiments.catalogue import DURATION, TRAIN_FRACTION, Run, plan
from circuitlib.experiments.store import Summary, file_hash, load_runs, read_run, summarize
from circuitlib.methods.estimator import held_out_bits, settings_of
from circuitlib.methods.weights_file import InferredWeights
from circuitlib.metrics import mean_profile, score_weights
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
        As for :func:`circuitlib.experiments.catalogue.plan`.
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
    return table(summarize(stored))


def table(summaries: list[Summary]) -> str:
    """Print means, deviations between seeds, and the best method that is no GNN."""
    columns = ("delta", "bias", "variance", "side_trough", "bits_per_spike")
    titles = ("Delta", "bias", "scatter", "side trough", "bits/spike")
    lines = [f"{'condition':20} {'method':24} {'runs':>4} " + " ".join(f"{t:>15}" for t in titles)]
    conditions = list(dict.fromkeys(row.condition for row in summaries))
    for row in sorted(summaries, key=lambda r: (conditions.index(r.condition), r.mean["delta"])):
        cells = [_with_deviation(row, name) for name in columns]
        where = f"{row.condition:20} {row.method:24} {row.n_runs:4d} "
        lines.append(where + " ".join(f"{cell:>15}" for cell in cells))
    for name in conditions:
        here = [row for row in summaries if row.condition == name]
        simple = [row for row in here if not row.method.startswith("gnn")]
        for oracle in sorted({round(row.mean.get("oracle_bits_per_spike", 0), 3) for row in here}):
            lines += [f"{name}: the true rates have {oracle} bits/spike"] if oracle else []
        if simple:
            best = min(simple, key=lambda row: row.mean["delta"])
            lines.append(f"{name}: strongest simple baseline {best.method}")
            for row in here:
                if row not in simple:
                    lower = 100 * (1 - row.mean["delta"] / best.mean["delta"])
                    lines[-1] += f"; Delta of {row.method} is {lower:.0f} % lower"
    return "\n".join(lines)


def _with_deviation(row: Summary, name: str) -> str:
    if name not in row.mean:
        return "-"
    form = ".3f" if abs(row.mean[name]) < 1000 else ".0e"
    spread = "" if np.isnan(row.deviation[name]) else f" +- {row.deviation[name]:{form}}"
    return f"{row.mean[name]:{form}}{spread}"


def infer(
    estimator: Any,  # not of the protocol before `fit`
    train: Recording,
    drop_silent: bool = False,
    checkpoint: Path | None = None,
) -> tuple[Float[np.ndarray, "post pre"], np.ndarray]:
    """Fit a method; return the weights of all neurons and which neurons it saw.

    Parameters
    ----------
    estimator
        The method.
    train
        What it sees.
    drop_silent
        Leave out neurons that never fire; their weights are NaN.
    checkpoint
        Where a method that can go on after an interruption keeps its state.
    """
    kept = np.arange(train.n_neurons)
    if drop_silent:
        kept = np.flatnonzero(train.rates > 0)
        if len(kept) < 2:
            raise ValueError("fewer than two neurons fire; nothing can be inferred")
    seen = train if len(kept) == train.n_neurons else train.select(kept)
    resumes = "checkpoint" in inspect.signature(estimator.fit).parameters
    estimator.fit(seen, progress=True, **({"checkpoint": checkpoint} if resumes else {}))
    weights = np.full((train.n_neurons, train.n_neurons), np.nan)
    weights[np.ix_(kept, kept)] = estimator.weights_
    return weights, kept


@dataclass
class Recordings:
    """The recording in use, so that the methods that follow each other share it."""

    key: tuple[object, ...] = ()
    recording: Recording | None = None
    oracle: dict[float, float] = field(default_factory=dict)

    def get(self, run: Run, bin_width: float) -> Recording:
        """Simulate what a run needs: spike times, or counts where those would be too many."""
        long = run.duration > DURATION
        key = (run.network, run.spiking, run.data_seed, run.duration, bin_width if long else 0)
        if self.recording is None or key != self.key:
            self.recording, self.oracle = None, {}  # room for the next one
            network, spiking, seed = run.network, run.spiking, run.data_seed
            if long:
                self.recording = simulate_counts(
                    network, run.duration, bin_width, spiking, seed=seed, progress=True
                )
            else:
                self.recording = simulate(network, run.duration, spiking, seed=seed, progress=True)
            self.key = key
        return self.recording

    def oracle_bits(self, bin_width: float) -> float | None:
        """Return the score of the true rates on what a method did not see."""
        if not isinstance(self.recording, Simulation):
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
    expected = run_settings(run, run.estimator())
    found = stored.settings
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


def run_settings(run: Run, estimator: Any) -> dict[str, Any]:
    """Return all that decides the result of a run, as a JSON file gives it back."""
    own = settings_of(estimator)
    own.pop("device", None)  # a result must not depend on it beyond rounding
    settings: dict[str, Any] = json.loads(json.dumps(run.settings | {"estimator": own}))
    return settings


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
    estimator = run.estimator()
    settings = run_settings(run, estimator)
    if hasattr(estimator, "device"):
        estimator.device = device
    recording = recordings.get(run, estimator.bin_width)
    train, test = recording.split(TRAIN_FRACTION)
    checkpoint = folder / f".{run.name}.resume"
    resumed = checkpoint.exists()
    start = time.perf_counter()
    weights, kept = infer(estimator, train, drop_silent=True, checkpoint=checkpoint)
    seconds = time.perf_counter() - start
    bits = held_out_bits(estimator, test.select(kept) if len(kept) < len(weights) else test)
    # Rounded before scoring, so that the score follows from the stored weights.
    weights = weights.astype(np.float32).astype(np.float64)
    file = folder / f"{run.name}.npz" if run.keeps_weights else None
    if file is not None:
        single = weights.astype(np.float32)
        InferredWeights.of(
            single, run.method, settings, estimator.bin_width, TRAIN_FRACTION, bits
        ).save(file)
    oracle = None if bits is None else recordings.oracle_bits(estimator.bin_width)
    content = {
        "experiment": run.experiment,
        "settings": settings,
        "score": score(run.network, weights)
        | {"bits_per_spike": bits, "oracle_bits_per_spike": oracle},
        "profile": profile(run.network, weights),
        "weights_file": None if file is None else file.name,
        "weights_sha256": None if file is None else file_hash(file),
        "seconds": round(seconds, 1),
        "resumed": resumed,
        "versions": software_versions(),
        "commit": source,
        "hardware": hardware(str(getattr(estimator, "device", "cpu"))),
    }
    path = folder / f"{run.name}.json"
    _write(path, content)
    return path


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


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, lists of numbers on one line."""
    text = json.dumps(content, indent=1, allow_nan=False)
    text = re.sub(r"\[[^\[\]{}\"]*\]", lambda found: " ".join(found[0].split()), text)

    def write(stream: IO[bytes]) -> None:
        stream.write(f"{text}\n".encode())

    write_atomically(path, write)
