"""Stored runs of the experiments: one JSON file each, and what they say together."""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from jaxtyping import Float

from circuitlib._npz import ArchiveError, read_json, write_atomically
from circuitlib.experiments.catalogue import experiment_of
from circuitlib.experiments.plan import method_label
from circuitlib.methods.estimator import given
from circuitlib.methods.weights_file import InferredWeights, load_weights
from circuitlib.recordings.arguments import one_number, seconds
from circuitlib.simulation.described import network_from
from circuitlib.simulation.networks import Network

#: What a run is scored by; null where it does not apply.
QUANTITIES = (
    "delta",
    "delta_paper",
    "bias",
    "variance",
    "side_trough",
    "bits_per_spike",
    "oracle_bits_per_spike",
)


@dataclass(frozen=True, slots=True, eq=False)
class StoredRun:
    """One finished run of an experiment.

    Parameters
    ----------
    path
        The JSON file that it was read from.
    experiment
        The experiment as part of which it is read.
    settings
        All that decides the result: network, spiking model, seeds, duration, method and its
        hyper-parameters.
    score
        A value, or None, for each of :data:`QUANTITIES`.
    profile
        Mean profile of the inferred weights, shape ``(neurons,)``; None without a ring.
    tried
        Loss of unseen spikes in nats per spike, and Delta, by the number of hidden nodes that was
        tried; None if none was.
    weights_file, weights_sha256
        Weights file beside the JSON file, and its hash; None if the weights were not kept.
    versions, commit, hardware
        Software and machine of the run.
    seconds
        Time of the fit; of its last part, if `resumed`.
    resumed
        Whether the fit was interrupted and went on from a checkpoint.
    """

    path: Path
    experiment: str
    settings: dict[str, Any]
    score: dict[str, float | None]
    profile: Float[np.ndarray, " neurons"] | None
    tried: dict[int, dict[str, float]] | None
    weights_file: str | None
    weights_sha256: str | None
    versions: dict[str, str]
    commit: dict[str, Any] | None
    hardware: dict[str, Any]
    seconds: float
    resumed: bool

    @property
    def method(self) -> str:
        """Name of the method, with its preset if it has presets: ``"gnn@paper"``."""
        return method_label(self.settings)

    @property
    def condition(self) -> str:
        """What varies between the runs of its experiment, apart from method and data seed."""
        return experiment_of(self.experiment).condition(self.settings)

    @property
    def network(self) -> Network:
        """The simulated network, with the true weights."""
        return network_from(self.settings["network"])

    @property
    def delta(self) -> float:
        """Inference error at the least-squares scale."""
        value = self.score["delta"]
        return float("nan") if value is None else value

    def weights(self) -> InferredWeights:
        """Read the weights file, once its hash is found right.

        Raises
        ------
        ArchiveError
            If the weights were not kept, or the file is missing or was changed.
        """
        if self.weights_file is None:
            raise ArchiveError(f"{self.path}: the weights of this run were not kept")
        file = self.path.with_name(self.weights_file)
        if not file.exists():
            raise ArchiveError(f"{file}: no such file; remove {self.path.name} to run it again")
        if file_hash(file) != self.weights_sha256:
            raise ArchiveError(
                f"{file}: was changed after the run (its hash differs from that in "
                f"{self.path.name}); remove both to run it again"
            )
        return load_weights(file)


class Summary(NamedTuple):
    """Runs that differ in the data seed only: number, and mean and deviation of each quantity."""

    experiment: str
    condition: str
    method: str
    n_runs: int
    mean: dict[str, float]
    deviation: dict[str, float]


def results_folder() -> Path:
    """Return where the stored runs are.

    That is the folder named by ``CIRCUITLIB_RESULTS``, else ``book/results/runs`` of the checkout,
    else the copy that is installed with the library.
    """
    if named := os.environ.get("CIRCUITLIB_RESULTS"):
        return Path(named)
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent / "book" / "results" / "runs"
    return checkout if checkout.is_dir() else package / "stored"


def load_runs(experiment: str, folder: str | os.PathLike[str] | None = None) -> list[StoredRun]:
    """Read the stored runs of an experiment.

    Parameters
    ----------
    experiment
        Its name, such as ``"table1"``; see :data:`circuitlib.experiments.catalogue.EXPERIMENTS`.
        A run of table1 that other experiments need too is stored once, and read as part of them.
    folder
        Where the runs are; see :func:`results_folder`.

    Returns
    -------
    list of StoredRun
        In the order of their file names; empty if none was made yet.

    Raises
    ------
    ValueError
        If there is no such experiment.
    ArchiveError
        If a file is damaged.
    """
    declared = experiment_of(experiment)
    root = results_folder() if folder is None else Path(folder)
    runs = [read_run(path, experiment) for path in sorted((root / declared.name).glob("*.json"))]
    shared = sorted((root / "table1").glob("*.json")) if declared.shares else []
    for run in (read_run(path, experiment) for path in shared):
        wanted = not declared.methods or run.settings["method"] in declared.methods
        if wanted and run.settings["spiking"] in declared.shares:
            runs.append(run)
    return runs


def read_run(path: Path, experiment: str) -> StoredRun:
    """Read one JSON file.

    Raises
    ------
    ArchiveError
        If it is not what `reproduce` writes.
    """
    try:
        content = read_json(path.read_text(), "run")
        settings, profile = dict(content["settings"]), content["profile"]
        network = network_from(settings["network"])
        if profile is not None and len(profile) != network.n_neurons:
            raise ValueError("`profile` does not fit the network")
        for name in ("method", "preset", "spiking"):
            if not isinstance(settings[name], str):
                raise TypeError(f"`{name}` must be a text")
        for name in ("duration", "train_fraction"):
            seconds(name, settings[name])
        settings["estimator"] = given(settings["estimator"])
        seconds("bin_width", settings["estimator"]["bin_width"])
        return StoredRun(
            path=path,
            experiment=experiment,
            settings=settings,
            score={name: content["score"][name] for name in QUANTITIES},
            profile=None if profile is None else np.array(profile, dtype=np.float64),
            tried=_tried(content.get("tried")),
            weights_file=content["weights_file"],
            weights_sha256=content["weights_sha256"],
            versions=dict(content["versions"]),
            commit=content["commit"],
            hardware=dict(content["hardware"]),
            seconds=one_number("seconds", content["seconds"]),
            resumed=bool(content["resumed"]),
        )
    except (ValueError, LookupError, TypeError, OSError) as error:
        raise ArchiveError(
            f"{path}: damaged ({type(error).__name__}: {error}); remove it to run it again"
        ) from None


def _tried(found: dict[str, dict[str, Any]] | None) -> dict[int, dict[str, float]] | None:
    """Check what a file says of the numbers of hidden nodes that were tried."""
    if found is None:
        return None
    names = ("loss", "delta")
    return {
        int(number): {name: one_number(name, each[name]) for name in names}
        for number, each in found.items()
    }


def summarize(runs: Iterable[StoredRun]) -> list[Summary]:
    """Average over data seeds.

    Parameters
    ----------
    runs
        Runs of one or several experiments.

    Returns
    -------
    list of Summary
        One for each experiment, condition and method, in the order in which they first appear. The
        standard deviation is that of the seeds (n - 1 below the sum), NaN for a single run.
    """
    groups: dict[tuple[str, str, str], list[StoredRun]] = {}
    for run in runs:
        groups.setdefault((run.experiment, run.condition, run.method), []).append(run)
    summaries = []
    for (experiment, name, method), group in groups.items():
        mean, deviation = {}, {}
        for quantity in QUANTITIES:
            found = [run.score[quantity] for run in group]
            values = np.array([value for value in found if value is not None])
            if len(values) == len(group):
                mean[quantity] = float(values.mean())
                alone = len(values) == 1
                deviation[quantity] = float("nan") if alone else float(values.std(ddof=1))
        summaries.append(Summary(experiment, name, method, len(group), mean, deviation))
    return summaries


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_run(path: Path, content: dict[str, Any]) -> None:
    """Write the JSON file of a run, lists of numbers on one line."""
    text = json.dumps(content, indent=1, allow_nan=False)
    text = re.sub(r"\[[^\[\]{}\"]*\]", lambda found: " ".join(found[0].split()), text)

    def write(stream: IO[bytes]) -> None:
        stream.write(f"{text}\n".encode())

    write_atomically(path, write)
