"""An angle against time, recorded beside the spikes: what drives a circuit from outside."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from circuitlib.recordings.arguments import numbers, one_number, seconds

#: Part of a sample by which a time may lie before it and still count as at it.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Angle:
    """An angle against recorded time.

    Parameters
    ----------
    values
        Radians, which may be any number of turns, shape ``(samples,)``.
    dt
        Seconds from one sample to the next; each holds up to the next, and the last one from then
        on.
    start
        Recorded time of the first sample in seconds, zero or negative.

    Raises
    ------
    ValueError
        If there is no value, one is NaN or infinite, or `dt` or `start` is out of range.
    """

    values: Float[np.ndarray, " samples"]
    dt: float
    start: float

    def __init__(self, values: object, dt: object, start: object = 0.0) -> None:
        given = numbers("angle", values)
        if given.ndim != 1 or len(given) == 0:
            raise ValueError(f"`angle` must have shape (samples,), got {given.shape}")
        if not np.isfinite(given).all():
            raise ValueError("`angle` holds NaN or infinite values")
        object.__setattr__(self, "values", given.astype(np.float64, copy=False))
        object.__setattr__(self, "dt", seconds("angle_dt", dt))
        object.__setattr__(self, "start", one_number("angle_start", start))
        if self.start > 0:
            raise ValueError(f"`angle_start` must be zero or negative, got {self.start:g}")

    @classmethod
    def sampled(cls, times: object, values: object, dt: float = 1e-3) -> "Angle":
        """Put an angle that was measured at any times on an even grid, by linear interpolation.

        Parameters
        ----------
        times
            Recorded times in seconds, rising, shape ``(samples,)``.
        values
            Radians at these times. Between two of them the angle turns the shorter way.
        dt
            Seconds between the samples of the result.

        Raises
        ------
        ValueError
            If the times do not rise, or do not fit the values.
        """
        at, measured = (
            numbers(name, given).astype(np.float64)
            for name, given in (("times", times), ("values", values))
        )
        if at.ndim != 1 or at.shape != measured.shape or len(at) < 2:
            raise ValueError(
                "`times` and `values` must have the same shape (samples,), with two samples or "
                f"more, got {at.shape} and {measured.shape}"
            )
        if not (np.diff(at) > 0).all():
            raise ValueError("`times` must rise")
        grid = np.arange(0.0, at[-1] + dt / 2, dt)
        return cls(np.interp(grid, at, np.unwrap(measured)), dt)

    @property
    def duration(self) -> float:
        """Recorded time from zero to the end of the last sample, in seconds."""
        return len(self.values) * self.dt + self.start

    def at(self, times: Float[np.ndarray, " times"]) -> Float[np.ndarray, " times"]:
        """Return the angle at some recorded times."""
        sample = np.floor((times - self.start) / self.dt + _ROUNDING).astype(np.int64)
        return self.values[np.clip(sample, 0, len(self.values) - 1)]

    def between(self, start: float, stop: float) -> "Angle":
        """Return the angle from `start` up to `stop` (seconds); times count from `start`."""
        first = int(np.clip((start - self.start) / self.dt + _ROUNDING, 0, len(self.values) - 1))
        last = int(np.ceil((stop - self.start) / self.dt - _ROUNDING))
        begin = first * self.dt + self.start - start
        return Angle(self.values[first : max(last, first + 1)], self.dt, min(begin, 0.0))

    def in_bins(
        self,
        run_starts: Float[np.ndarray, " runs"],
        n_bins: Int[np.ndarray, " runs"],
        dt: float,
    ) -> Float[np.ndarray, " time"]:
        """Return the angle in the middle of bins of `dt` seconds, for the bins of each run."""
        runs = zip(run_starts.tolist(), n_bins.tolist(), strict=True)
        return self.at(np.concatenate([start + (np.arange(n) + 0.5) * dt for start, n in runs]))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a file of a recording holds of the angle, by name."""
        arrays = {"angle": self.values, "angle_dt": np.array(self.dt)}
        return arrays | ({"angle_start": np.array(self.start)} if self.start else {})

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Angle | None":
        """Make an angle of what a file holds; None if it holds none."""
        if "angle" not in arrays:
            return None
        return cls(arrays["angle"], arrays.get("angle_dt"), arrays.get("angle_start", 0.0))
