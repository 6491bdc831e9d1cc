"""Carry out the fits to a session, store each of them once, and read them again."""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib._npz import ArchiveError, read_json
from circuitlib._provenance import commit, hardware, software_versions
from circuitlib.experiments.store import results_folder, write_run
from circuitlib.head_direction.about import about, own_past_bits
from circuitlib.head_direction.archives import DATA_VARIABLE
from circuitlib.head_direction.files import load_head_direction
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.session_plan import SessionFit, candidates, fits, kinds
from circuitlib.head_direction.tuning import hd_score
from circuitlib.head_direction.versions import VERSIONS
from circuitlib.methods.estimator import TRAIN_FRACTION, VALIDATION, held_out_bits
from circuitlib.methods.inference import among_all
from circuitlib.metrics import bits_per_spike, bits_per_spike_by_neuron
from circuitlib.recordings.spikes import Spikes

#: Folder of the stored runs.
FOLDER = "fig5"
#: With the settings of this method, a cell's own past is judged.
_OWN_PAST = "glm-rectified-told"
#: Significant digits of stored numbers.
_DIGITS = 6


@dataclass(frozen=True, eq=False)
class StoredFit:
    """A stored fit.

    Parameters
    ----------
    settings
        As :meth:`circuitlib.head_direction.session_plan.SessionFit.settings` gives them.
    bits_per_spike
        On the last tenth of what it was fitted to.
    advantage
        Of a structure over free weights in nats per spike of unseen spikes, and its error; None
        for a method without a structure. Of hidden nodes over none, without an error.
    weights, errors
        Shape ``(post, pre)``; NaN of a cell that never fired. No errors from a method without them.
    bits_by_cell
        As `bits_per_spike`, of each cell; NaN of one that did not fire. None if not stored.
    """

    settings: dict[str, Any]
    bits_per_spike: float | None
    advantage: tuple[float, float | None] | None
    weights: Float[np.ndarray, "post pre"]
    errors: Float[np.ndarray, "post pre"] | None
    bits_by_cell: Float[np.ndarray, " neurons"] | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "StoredFit":
        """Take over what a file holds."""
        weights, errors = (_matrix(content[name]) for name in ("weights", "errors"))
        if weights is None:
            raise ValueError("holds no weights")
        gained, by_cell = content["advantage"], content.get("bits_by_cell")
        return cls(
            dict(content["settings"]),
            content["bits_per_spike"],
            None if gained is None else (gained[0], gained[1]),
            weights,
            errors,
            None if by_cell is None else _vector(by_cell),
        )


def reproduce_session(session: HeadDirectionRecording, output: Path) -> str:
    """Carry out the fits to a session that are not stored yet; return a summary.

    Parameters
    ----------
    session
        A recording of head-direction cells, those that pass the head-direction score.
    output
        Folder that gets a folder with one JSON file for each fit.

    Raises
    ------
    ArchiveError
        If what is stored was made from another recording or with other settings.
    """
    folder = output / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    source = {
        "recording": {"source": session.source, "sha256": session.sha256},
        "versions": software_versions(),
        "commit": commit(),
        "hardware": hardware("cpu"),
    }
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*hardly determined")
        warnings.filterwarnings("ignore", ".*prefer free weights")
        _once(folder / "session.json", {}, source, partial(about, session))
        grid, chosen = candidates(), {}
        for kind in tqdm(kinds(), desc="choose settings", unit="method"):
            settings = {"method": kind.method, "told": kind.told, "candidates": grid}
            path = folder / f"choice-{kind.kind}.json"
            found = _once(path, settings, source, partial(_validated, session, kind, grid))
            chosen[kind.kind] = grid[int(np.argmax(found["bits_per_spike"]))]
        if choice := chosen.get(_OWN_PAST, {}):
            _once(folder / "own-past.json", choice, source, partial(_own_past, session, choice))
        bar = tqdm(list(fits(session)), unit="fit")
        for fit in bar:
            bar.set_description(fit.name)
            path, choice = folder / f"{fit.name}.json", chosen[fit.kind]
            _once(path, fit.settings(choice), source, partial(fitted, session, fit, choice, True))
    return f"{folder}: {bar.total} fits to {session.source}"


def session_at_hand() -> HeadDirectionRecording:
    """Return the recording of the data folder, with the cells that pass the head-direction score.

    Raises
    ------
    ValueError
        If there is none: what is stored must come from an animal.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        session = load_head_direction()
    if session.is_stand_in:
        raise ValueError(
            f"no recording found; set {DATA_VARIABLE} to a folder that holds head_direction/*.npz"
        )
    return session.select(hd_score(session.spikes, session.angle).is_hd)


def load_session_runs(
    folder: Path | None = None,
) -> tuple[dict[str, Any], dict[str, dict[str, Any]], dict[str, StoredFit]]:
    """Read the stored fits to a session.

    Parameters
    ----------
    folder
        Where the runs are; see :func:`circuitlib.experiments.store.results_folder`.

    Returns
    -------
    session, choices, fits
        What is stored of the session itself, see :func:`circuitlib.head_direction.about.about`,
        with ``own-past`` and ``own-past-internal`` among its ``bits``: what tuning and a cell's own
        past predict, see :func:`circuitlib.head_direction.about.own_past_bits`, in it and in the
        control with an internal angle. How the settings of each method were
        chosen, by method; and the fits by name. All are empty if nothing is stored.

    Raises
    ------
    ArchiveError
        If a file is damaged.
    """
    root = (results_folder() if folder is None else Path(folder)) / FOLDER
    session: dict[str, Any] = {}
    choices, found = {}, {}
    own_past: dict[str, float] = {}
    for path in sorted(root.glob("*.json")):
        content, name = _read(path), path.stem
        try:
            if name == "session":
                session = content | {"bits": dict(content["bits"])}
            elif name == "own-past":
                own_past = {
                    "own-past": float(content["bits_per_spike"]),
                    "own-past-internal": float(content["of_internal"]),
                }
            elif name.startswith("choice-"):
                choices[name.removeprefix("choice-")] = content
            else:
                found[name] = StoredFit.of(content)
        except (ValueError, LookupError, TypeError) as error:
            raise ArchiveError(f"{path}: damaged ({error}); remove it to run it again") from None
    if session:
        session["bits"] |= own_past
    return session, choices, found


def _once(
    path: Path,
    settings: dict[str, Any],
    source: dict[str, Any],
    make: Callable[[], dict[str, Any]],
) -> dict[str, Any]:
    """Return what is stored in a file, or make and store it."""
    if not path.exists():
        begin = time.perf_counter()
        made = make()
        passed = {"seconds": round(time.perf_counter() - begin, 1)}
        write_run(path, {"settings": settings} | made | passed | source)
    stored = _read(path)
    if stored.get("recording") != source["recording"] or stored.get("settings") != settings:
        raise ArchiveError(
            f"{path}: was made from another recording or with other settings; remove it to run it "
            "again, or give another --output"
        )
    return stored


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(read_json(path.read_text(), "run"))
    except (ValueError, OSError) as error:
        raise ArchiveError(f"{path}: damaged ({error}); remove it to run it again") from None


def _validated(
    session: HeadDirectionRecording, kind: SessionFit, grid: list[dict[str, float]]
) -> dict[str, list[float]]:
    """Return the bits per spike of each candidate on the end of what methods are fitted to."""
    train, _ = session.spikes.split(TRAIN_FRACTION)
    first, last = train.split(1 - VALIDATION)
    found = []
    for each in tqdm(grid, desc=kind.kind, leave=False):
        bits = held_out_bits(kind.estimator(each).fit(first), last)
        found.append(_rounded(bits))
    return {"bits_per_spike": found}


def _own_past(session: HeadDirectionRecording, settings: Mapping[str, float]) -> dict[str, float]:
    internal = replace(session, spikes=VERSIONS["uncoupled-internal"][1](session, 0))
    return {
        name: _rounded(own_past_bits(each, settings))
        for name, each in (("bits_per_spike", session), ("of_internal", internal))
    }


def fitted(
    session: HeadDirectionRecording,
    fit: SessionFit,
    chosen: Mapping[str, float],
    progress: bool = False,
) -> dict[str, Any]:
    """Fit a method to a version, and return what is stored of it beside its settings."""
    spikes: Spikes = VERSIONS[fit.version][1](session, fit.draw)
    train, test = spikes.split(TRAIN_FRACTION)
    kept = np.flatnonzero(train.rates > 0)
    if len(kept) < session.spikes.n_neurons:
        train, test = train.select(kept), test.select(kept)
    estimator = fit.estimator(chosen)
    estimator.fit(train, progress=progress)
    weights = among_all(estimator.weights_, kept, session.spikes.n_neurons)
    errors = getattr(estimator, "errors_", None)
    if errors is not None:
        errors = among_all(errors, kept, session.spikes.n_neurons)
    gained = getattr(estimator, "advantage_", None)
    if fit.hidden:
        # The ring with so many nodes, whether unseen spikes prefer it or not.
        ring = estimator.tried_[fit.hidden]
        gained = estimator.tried_[0].loss - ring.loss
        return {
            "bits_per_spike": None,
            "advantage": [_rounded(gained), None],
            "weights": _rows(ring.weights),
            "errors": None,
        }
    counts, rates = test.binned(estimator.bin_width).counts, estimator.rates(test)
    by_cell = np.full(session.spikes.n_neurons, np.nan)
    by_cell[kept] = bits_per_spike_by_neuron(counts, rates)
    return {
        "bits_per_spike": _rounded(bits_per_spike(counts, rates)),
        "bits_by_cell": _rows(by_cell[None])[0],
        "advantage": None
        if gained is None
        else [_rounded(gained.nats_per_spike), _rounded(gained.error)],
        "weights": _rows(weights),
        "errors": None if errors is None else _rows(errors),
    }


def _rounded(value: float | None) -> float:
    return float("nan") if value is None else float(f"{value:.{_DIGITS}g}")


def _rows(matrix: Float[np.ndarray, "post pre"]) -> list[list[float | None]]:
    """Return a matrix as JSON holds it, None for NaN."""
    return [[_rounded(v) if np.isfinite(v) else None for v in row] for row in matrix.tolist()]


def _matrix(rows: list[list[float | None]] | None) -> Float[np.ndarray, "post pre"] | None:
    if rows is None:
        return None
    return np.stack([_vector(row) for row in rows])


def _vector(row: list[float | None]) -> Float[np.ndarray, " entries"]:
    return np.array([np.nan if v is None else v for v in row], dtype=np.float64)
