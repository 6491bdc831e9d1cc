"""The uninterrupted runs of a recording: what filters and windows must not cross."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The runs of a recording in time bins, one directly after the other.

    Parameters
    ----------
    starts
        First bin of each run, shape ``(runs,)``.
    n_bins
        Bins of the recording.

    Raises
    ------
    ValueError
        If the starts do not rise from 0 or leave the recording.
    """

    starts: Int[np.ndarray, " runs"]
    n_bins: int

    def __post_init__(self) -> None:
        starts = self.starts
        rising = len(starts) > 0 and starts[0] == 0 and (np.diff(starts) > 0).all()
        if not rising or starts[-1] >= self.n_bins:
            raise ValueError("`starts` must rise from 0 and stay within the recording")

    @property
    def stops(self) -> Int[np.ndarray, " runs"]:
        """First bin after each run."""
        return np.append(self.starts[1:], self.n_bins)

    @property
    def slices(self) -> list[slice]:
        """The bins of each run."""
        ends = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
        return [slice(start, stop) for start, stop in ends]

    def start_of(self, bins: Int[np.ndarray, " batch"]) -> Int[np.ndarray, " batch"]:
        """Return the first bin of the run in which each bin lies."""
        return self.starts[np.searchsorted(self.starts, bins, side="right") - 1]

    def after(self, window: int) -> "WholeWindows":
        """Return the bins that have `window` bins of their run before them."""
        return WholeWindows(self.starts + window, np.maximum(self.stops - self.starts - window, 0))


@dataclass(frozen=True, slots=True, eq=False)
class WholeWindows:
    """Bins with a whole window of history, without a list of them.

    Parameters
    ----------
    first, lengths
        First of these bins, and their number, in each run, shape ``(runs,)``.
    """

    first: Int[np.ndarray, " runs"]
    lengths: Int[np.ndarray, " runs"]

    @property
    def n_bins(self) -> int:
        """Number of such bins."""
        return int(self.lengths.sum())

    def __getitem__(self, index: Int[np.ndarray, " batch"]) -> Int[np.ndarray, " batch"]:
        """Return the bins with the given numbers, 0 to `n_bins` - 1."""
        passed = np.cumsum(self.lengths)
        run = np.searchsorted(passed, index, side="right")
        return np.asarray(self.first[run] + index - (passed - self.lengths)[run])
