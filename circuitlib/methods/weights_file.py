"""The weights file: what a method inferred, with all that is needed to judge it."""

import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from circuitlib._npz import ArchiveError, read_archive, write_archive
from circuitlib._provenance import software_versions


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
    """

    weights: Float[np.ndarray, "post pre"]
    method: str
    settings: dict[str, Any]
    bin_width: float
    train_fraction: float
    bits_per_spike: float
    versions: dict[str, str]

    def __post_init__(self) -> None:
        shape = self.weights.shape
        if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
            raise ValueError(f"`weights` must have shape (neurons, neurons), got {shape}")
        if not np.isfinite(self.weights).any() or np.isinf(self.weights).any():
            raise ValueError("`weights` holds infinite values or only NaN")
        if not self.bin_width > 0 or not 0 < self.train_fraction < 1:
            raise ValueError("`bin_width` must be positive and `train_fraction` between 0 and 1")

    @classmethod
    def of(
        cls,
        weights: Float[np.ndarray, "post pre"],
        method: str,
        settings: dict[str, Any],
        bin_width: float,
        train_fraction: float,
        bits_per_spike: float | None,
    ) -> "InferredWeights":
        """Make a record with the versions of the software in use."""
        bits = float("nan") if bits_per_spike is None else bits_per_spike
        return cls(weights, method, settings, bin_width, train_fraction, bits, software_versions())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the weights file, whole or not at all."""
        arrays = {
            "weights": self.weights,
            "method": np.array(self.method),
            "settings": np.array(json.dumps(self.settings)),
            "versions": np.array(json.dumps(self.versions)),
            "bin_width": np.array(self.bin_width),
            "train_fraction": np.array(self.train_fraction),
            "bits_per_spike": np.array(self.bits_per_spike),
        }
        write_archive(path, arrays)


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
    missing = [name for name in InferredWeights.__dataclass_fields__ if name not in arrays]
    if missing:
        raise ArchiveError(
            f"{path}: not a weights file (no `{missing[0]}`); write one with `circuitlib infer`"
        )
    try:
        settings = json.loads(str(arrays["settings"]))
        versions = json.loads(str(arrays["versions"]))
        if not isinstance(settings, dict) or not isinstance(versions, dict):
            raise ValueError("`settings` and `versions` must be JSON objects")
        return InferredWeights(
            np.asarray(arrays["weights"], dtype=np.float64),
            str(arrays["method"]),
            settings,
            float(arrays["bin_width"]),
            float(arrays["train_fraction"]),
            float(arrays["bits_per_spike"]),
            versions,
        )
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: damaged ({error}); infer the weights again") from None
