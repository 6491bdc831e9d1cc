"""Stored runs of the experiments: one JSON file each, and what they say together."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from circuitlib._npz import ArchiveError
from circuitlib.methods.weights_file import InferredWeights, load_weights
from circuitlib.simulation.networks import Network, network_from

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
#: Experiments that read (some of) the runs of table1, and of which methods and spiking models.
SHARED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fig2": ((), ("threshold", "lnp")),
    "prediction": ((), ("threshold", "lnp")),
    "sweep": (
        ("gnn", "glm-same-bin", "glm-log", "glm-rectified", "glm-rectified-lowrank"),
        ("threshold", "lnp"),
    ),
    "data": (("gnn", "glm-same-bin", "glm-rectified", "glm-rectified-lowrank"), ("threshold",)),
}


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
        return condition(self.experiment, self.settings)

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
        ``"table1"``, ``"fig2"``, ``"sweep"``, ``"data"``, ``"settings"``, ``"transfer"`` or
        ``"prediction"``.
        A run of table1 that other experiments need too is stored once, and read as part of them.
    folder
        Where the runs are; see :func:`results_folder`.

    Returns
    -------
    list of StoredRun
        In the order of their file names; empty if none was made yet.

    Raises
    ------
    ArchiveError
        If a file is damaged.
    """
    root = results_folder() if folder is None else Path(folder)
    runs = [read_run(path, experiment) for path in sorted((root / experiment).glob("*.json"))]
    if experiment in SHARED:
        methods, spiking = SHARED[experiment]
        for path in sorted((root / "table1").glob("*.json")):
            run = read_run(path, experiment)
            wanted = not methods or run.settings["method"] in methods
            if wanted and run.settings["spiking"] in spiking:
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
        content = json.loads(path.read_text())
        profile = content["profile"]
        return StoredRun(
            path=path,
            experiment=experiment,
            settings=dict(content["settings"]),
            score={name: content["score"][name] for name in QUANTITIES},
            profile=None if profile is None else np.array(profile, dtype=np.float64),
            weights_file=content["weights_file"],
            weights_sha256=content["weights_sha256"],
            versions=dict(content["versions"]),
            commit=content["commit"],
            hardware=dict(content["hardware"]),
            seconds=float(content["seconds"]),
            resumed=bool(content["resumed"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(
            f"{path}: damaged ({type(error).__name__}: {error}); remove it to run it again"
        ) from None


def method_label(settings: dict[str, Any]) -> str:
    """Name the method of a run, with the preset where that makes a difference."""
    preset = settings["preset"]
    return str(settings["method"]) + (f"@{preset}" if preset else "")


def condition(experiment: str, settings: dict[str, Any]) -> str:
    """Name what varies between the runs of an experiment, apart from method and data seed."""
    network, spiking = settings["network"], str(settings["spiking"])
    if experiment == "sweep":
        return f"{spiking}-r{network['strength']:g}"
    if experiment == "data":
        return f"{spiking}-{settings['duration']:g}s"
    if experiment in ("settings", "transfer"):
        return f"{spiking}-{settings['variant']}"
    return spiking


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
