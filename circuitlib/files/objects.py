"""Spike times that another library holds: pynapple's and neo's objects, and plain lists."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from circuitlib.files.sorted_units import SortedUnits
from circuitlib.recordings.arguments import numbers


def read_objects(source: Any) -> SortedUnits:
    """Take over spike times from memory.

    Parameters
    ----------
    source
        Pynapple's ``TsGroup``; a list of neo's ``SpikeTrain``; or the spike times of each unit in
        seconds, as a list of arrays or a dictionary by name.

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If there is no unit.
    """
    if hasattr(source, "time_support") and hasattr(source, "metadata_columns"):
        return _pynapple(source)
    if isinstance(source, Mapping):
        return SortedUnits(
            tuple(map(str, source)), [numbers("spike_times", each) for each in source.values()]
        )
    if isinstance(source, str | bytes) or not isinstance(source, Sequence):
        raise TypeError(
            "give a path, a TsGroup, a list of neo's SpikeTrain, or the spike times of each unit "
            f"as a list of arrays, got {type(source).__name__}"
        )
    if not source:
        raise ValueError("holds no units")
    if all(hasattr(train, "t_start") and hasattr(train, "rescale") for train in source):
        return _neo(source)
    times = [numbers("spike_times", each) for each in source]
    return SortedUnits(tuple(map(str, range(len(times)))), times)


def _pynapple(group: Any) -> SortedUnits:
    """Take over a TsGroup, whose time support is what was recorded."""
    support = group.time_support
    return SortedUnits(
        tuple(str(key) for key in group.index),
        [np.asarray(group[key].t) for key in group.index],
        np.column_stack([support.start, support.end]),
        {name: tuple(map(str, group[name])) for name in group.metadata_columns},
    )


def _neo(trains: Sequence[Any]) -> SortedUnits:
    """Take over neo's spike trains, each with its own unit, start and stop."""
    names = [train.name for train in trains]
    named = all(names) and len(set(names)) == len(names)
    return SortedUnits(
        tuple(map(str, names if named else range(len(trains)))),
        [np.asarray(train.rescale("s").magnitude, dtype=np.float64) for train in trains],
        [np.array([[_seconds(train.t_start), _seconds(train.t_stop)]]) for train in trains],
    )


def _seconds(time: Any) -> float:
    """Return one of neo's times, which has a unit, in seconds."""
    return float(time.rescale("s").magnitude)
