"""Arguments that may come as lists, tensors or tables: converted, or refused by name."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float, Int

from circuitlib._npz import machine_memory


def numbers(name: str, values: object) -> np.ndarray:
    """Return values as an array of real numbers of their own type.

    Raises
    ------
    ValueError
        If they are no numbers, ragged, complex, missing or masked.
    """
    if np.ma.is_masked(values):
        raise ValueError(f"`{name}` holds masked values; remove them first")
    try:
        given = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged lists, tensors on a GPU
        reason = " ".join(str(error).split())
        raise ValueError(f"`{name}` cannot be made an array of numbers ({reason})") from None
    if given.dtype.kind not in "biuf":
        kind = type(values).__name__ if given.dtype.kind == "O" else f"type {given.dtype}"
        raise ValueError(f"`{name}` must be numbers, got {kind}")
    return given


def one_number(name: str, value: object) -> float:
    """Return a finite number, which may come as an array of one; refuse others by name."""
    given = numbers(name, value)
    if given.size != 1 or given.dtype.kind == "b" or not np.isfinite(given).all():
        raise ValueError(f"`{name}` must be one finite number, got {value!r}")
    return float(given.ravel()[0])


def seconds(name: str, value: object) -> float:
    """Return a time in seconds as a number; refuse what is no positive one."""
    time = one_number(name, value)
    if time <= 0:
        raise ValueError(f"`{name}` in seconds must be positive, got {time:g}")
    return time


def whole_numbers(name: str, values: object) -> Int[np.ndarray, " numbers"]:
    """Return whole numbers as such; refuse others by name."""
    given = numbers(name, values)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise ValueError(
            f"`{name}` must be whole numbers, one-dimensional, "
            f"got shape {given.shape} and type {given.dtype}"
        )
    return given.astype(np.int64)


def precision_of(times: np.ndarray) -> float:
    """Return the rounding of times in single precision, in their unit; zero for others."""
    if times.dtype != np.float32 or times.size == 0:
        return 0.0
    return float(np.spacing(np.abs(times).max()))


def check_fits(n_bytes: int, what: str) -> None:
    """Raise `ValueError` if something needs more memory than the machine has."""
    memory = machine_memory()
    if n_bytes > memory:
        raise ValueError(
            f"{what} need {n_bytes / 1e9:.3g} GB, but the machine has {memory / 1e9:.3g} GB; "
            "use wider bins (--bin-width), or a part of the recording (--start, --stop)"
        )


def check_fraction(fraction: float) -> None:
    """Raise `ValueError` unless a part of a recording lies between 0 and 1."""
    if not 0 < fraction < 1:
        raise ValueError(f"`fraction` must lie between 0 and 1, got {fraction}")


def unit_names(units: object, n_neurons: int) -> tuple[str, ...]:
    """Return a name for each neuron: those given, or "0", "1", ... if none are.

    Raises
    ------
    ValueError
        If there are more or fewer names than neurons, or a name comes twice.
    """
    if units is None:
        return tuple(map(str, range(n_neurons)))
    if isinstance(units, str) or not isinstance(units, Iterable):
        raise ValueError(f"`units` must be one name for each neuron, got {units!r}")
    names = tuple(map(str, units))
    if len(names) != n_neurons:
        raise ValueError(f"`units` names {len(names)} neurons, but there are {n_neurons}")
    if len(set(names)) < n_neurons:
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"`units` must differ, but {twice!r} comes twice")
    return names


def stored_names(units: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return what a file holds of the names: nothing if they are only numbers of neurons."""
    return {} if units == unit_names(None, len(units)) else {"units": np.array(units)}


def check_offsets(offsets: Int[np.ndarray, " offsets"], n_spikes: int) -> None:
    """Raise `ValueError` unless offsets of spike trains rise from 0 to the number of spikes."""
    if offsets[0] != 0 or offsets[-1] != n_spikes or (np.diff(offsets) < 0).any():
        raise ValueError(f"`offsets` must rise from 0 to the number of spikes ({n_spikes})")


def check_times(
    times: Float[np.ndarray, "..."], offsets: Int[np.ndarray, " offsets"], duration: float
) -> None:
    """Raise `ValueError` unless times are those of spike trains within the recording."""
    if times.ndim != 1:
        raise ValueError(f"`times` must have shape (spikes,), got {times.shape}")
    if len(times) == 0 or len(offsets) < 2:
        raise ValueError("the recording is empty: it holds no spikes")
    check_offsets(offsets, len(times))
    if not np.isfinite(times).all():
        raise ValueError("`times` holds NaN or infinite values; remove those spikes first")
    if times.min() < 0 or times.max() > duration:
        raise ValueError(f"`times` must lie between 0 and the duration ({duration:g} s)")
    back = np.diff(times) < 0
    back[offsets[(offsets > 0) & (offsets < len(times))] - 1] = False
    if back.any():
        raise ValueError("`times` must rise within each neuron; sort them first")


def check_runs(starts: Float[np.ndarray, "..."], duration: float) -> None:
    """Raise `ValueError` unless the times at which runs begin rise from 0 and end in time."""
    rising = starts.ndim == 1 and len(starts) and starts[0] == 0 and (np.diff(starts) > 0).all()
    if not rising:
        raise ValueError("`run_starts` must rise from 0")
    if not starts[-1] < duration:
        raise ValueError(f"`run_starts` must lie before the end ({duration:g} s)")
