"""The weights file: what a method inferred, with all that is needed to judge it."""

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from jaxtyping import Float

from circuitlib._npz import (
    ArchiveError,
    read_archive,
    read_json,
    write_archive,
    write_atomically,
)
from circuitlib._provenance import software_versions
from circuitlib.recordings.arguments import numbers, one_number, unit_names

#: First line of a table of weights, see :meth:`InferredWeights.to_csv`.
CSV_HEADER = ("pre", "post", "weight")
#: Characters of the longest name of a method.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, eq=False)
class InferredWeights:
    """Weights that a method inferred from a recording.

    Parameters
    ----------
    weights
        Inferred weights, shape ``(post, pre)``; NaN where not inferred.
    method
        Name of the method.
    settings
        Its hyper-parameters, with preset and seed.
    bin_width
        Bins in which the method works, in seconds.
    train_fraction
        First part of the recording that the method saw.
    bits_per_spike
        On the rest of the recording; NaN for a method that predicts no spikes.
    versions
        Of the software that made it.
    units
        Names of the neurons, each once.
    errors
        Standard errors of the weights, shape ``(post, pre)``; NaN where there is none, None for a
        method that has none.
    """

    weights: Float[np.ndarray, "post pre"]
    method: str
    settings: dict[str, Any]
    bin_width: float
    train_fraction: float
    bits_per_spike: float
    versions: dict[str, str]
    units: tuple[str, ...]
    errors: Float[np.ndarray, "post pre"] | None = None

    def __post_init__(self) -> None:
        shape = self.weights.shape
        if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
            raise ValueError(f"`weights` must have shape (neurons, neurons), got {shape}")
        if not np.isfinite(self.weights).any() or np.isinf(self.weights).any():
            raise ValueError("`weights` holds infinite values or only NaN")
        if not 0 < self.bin_width < np.inf or not 0 < self.train_fraction < 1:
            raise ValueError("`bin_width` must be positive and `train_fraction` between 0 and 1")
        if self.errors is not None and (
            self.errors.shape != shape or np.isinf(self.errors).any() or (self.errors < 0).any()
        ):
            raise ValueError("`errors` must be one finite number or NaN for each weight")
        unit_names(self.units, len(self.weights))

    @classmethod
    def of(
        cls,
        weights: Float[np.ndarray, "post pre"],
        method: str,
        settings: dict[str, Any],
        bin_width: float,
        train_fraction: float,
        bits_per_spike: float | None,
        units: object = None,
        errors: Float[np.ndarray, "post pre"] | None = None,
    ) -> "InferredWeights":
        """Make a record with the versions of the software in use; `units` may be left out."""
        return cls(
            weights,
            method,
            settings,
            bin_width,
            train_fraction,
            float("nan") if bits_per_spike is None else bits_per_spike,
            software_versions(),
            unit_names(units, len(weights)),
            errors,
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what the weights file holds, by name."""
        arrays = {
            "weights": self.weights,
            "method": np.array(self.method),
            "settings": np.array(json.dumps(self.settings, allow_nan=False)),
            "versions": np.array(json.dumps(self.versions)),
            "bin_width": np.array(self.bin_width),
            "train_fraction": np.array(self.train_fraction),
            "bits_per_spike": np.array(self.bits_per_spike),
            "units": np.array(self.units),
        }
        if self.errors is not None:
            arrays["errors"] = self.errors
        return arrays

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the weights file, whole or not at all."""
        write_archive(path, self.arrays())

    def pairs(self) -> Iterator[tuple[str, str, float]]:
        """Give the names of the neurons `pre` and `post`, and the weight of each inferred pair."""
        return self._pairs(self.weights)

    def _pairs(self, values: Float[np.ndarray, "post pre"]) -> Iterator[tuple[str, str, float]]:
        inferred = np.isfinite(self.weights) & ~np.eye(len(self.units), dtype=bool)
        for pre, name in enumerate(self.units):
            for post in np.flatnonzero(inferred[:, pre]):
                yield name, self.units[post], float(values[post, pre])

    def among(self, units: Sequence[str]) -> Float[np.ndarray, "post pre"]:
        """Return the weights in the order of all `units`, NaN for those that are not inferred.

        Raises
        ------
        ValueError
            If a unit of these weights is none of `units`.
        """
        place = {name: index for index, name in enumerate(units)}
        unknown = [name for name in self.units if name not in place]
        if unknown:
            raise ValueError(f"no unit {unknown[0]!r}")
        index = [place[name] for name in self.units]
        everyone = np.full((len(units), len(units)), np.nan)
        everyone[np.ix_(index, index)] = self.weights
        return everyone

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a table with a row for each inferred pair, whole or not at all.

        Parameters
        ----------
        path
            Where the file goes. Its columns are ``pre``, ``post`` and ``weight``, and ``error`` if
            there are errors; numbers have all their digits.

        Raises
        ------
        ArchiveError
            If it cannot be written.
        """

        def write(stream: IO[bytes]) -> None:
            text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
            rows = csv.writer(text, lineterminator="\n")
            if self.errors is None:
                rows.writerow(CSV_HEADER)
                rows.writerows(self.pairs())
            else:
                rows.writerow((*CSV_HEADER, "error"))
                both = zip(self.pairs(), self._pairs(self.errors), strict=True)
                rows.writerows((*pair, error) for pair, (*_, error) in both)
            text.detach()  # the caller closes the stream

        write_atomically(path, write)

    def to_networkx(self) -> Any:  # NetworkX carries no types
        """Return a ``networkx.DiGraph``.

        Its nodes are all units, its edges ``pre -> post`` the inferred pairs with their ``weight``,
        and its attribute ``method`` names the method.
        """
        import networkx  # type: ignore[import-untyped]

        graph = networkx.DiGraph(method=self.method)
        graph.add_nodes_from(self.units)
        graph.add_weighted_edges_from(self.pairs())
        return graph


def load_weights(path: str | os.PathLike[str]) -> InferredWeights:
    """Read a weights file.

    Parameters
    ----------
    path
        A file that ``circuitlib infer`` or :meth:`InferredWeights.save` wrote.

    Returns
    -------
    InferredWeights
        The weights and where they come from, checked.

    Raises
    ------
    ArchiveError
        If the file cannot be read or does not hold inferred weights.
    """
    arrays = read_archive(path)
    # Older files name no units, and not all methods have errors.
    fields = InferredWeights.__dataclass_fields__.keys() - {"units", "errors"}
    missing = sorted(fields - arrays.keys())
    if missing:
        raise ArchiveError(
            f"{path}: not a weights file (no `{missing[0]}`); write one with `circuitlib infer`"
        )
    try:
        return InferredWeights(
            _matrix("weights", arrays["weights"]),
            _name(arrays["method"]),
            read_json(arrays["settings"], "settings"),
            one_number("bin_width", arrays["bin_width"]),
            one_number("train_fraction", arrays["train_fraction"]),
            _bits(arrays["bits_per_spike"]),
            _versions(arrays["versions"]),
            _units(arrays),
            _matrix("errors", arrays["errors"]) if "errors" in arrays else None,
        )
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: damaged ({error}); infer the weights again") from None


def _matrix(name: str, stored: np.ndarray) -> Float[np.ndarray, "post pre"]:
    if stored.ndim != 2:
        raise ValueError(f"`{name}` must have shape (neurons, neurons), got {stored.shape}")
    return numbers(name, stored).astype(np.float64)


def _name(stored: np.ndarray) -> str:
    """Return the name of a method, which is shown in one line."""
    name = str(stored.item()) if stored.dtype.kind == "U" and stored.size == 1 else ""
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise ValueError("`method` must be a short name")
    return name


def _bits(stored: np.ndarray) -> float:
    """Return bits per spike, which are NaN if the method predicts no spikes."""
    unknown = stored.dtype.kind == "f" and stored.size == 1 and np.isnan(stored).all()
    return float("nan") if unknown else one_number("bits_per_spike", stored)


def _versions(stored: np.ndarray) -> dict[str, str]:
    versions = read_json(stored, "versions")
    if not all(isinstance(version, str) for version in versions.values()):
        raise ValueError("`versions` must be texts by name")
    return versions


def _units(arrays: dict[str, np.ndarray]) -> tuple[str, ...]:
    """Return the names of the neurons, which are numbers if the file has none."""
    stored = arrays.get("units")
    if stored is None:
        return unit_names(None, len(arrays["weights"]))
    if stored.dtype.kind != "U" or stored.ndim != 1:
        raise ValueError("`units` must be one text for each neuron")
    return tuple(map(str, stored))
