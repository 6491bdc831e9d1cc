"""Sorted units as a file holds them, and what is chosen from them."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from circuitlib.files.clock import Clock
from circuitlib.recordings.arguments import numbers
from circuitlib.recordings.intervals import intersection, recorded
from circuitlib.recordings.selection import chosen
from circuitlib.recordings.spike_trains import SpikeTrains

#: Column that tells units apart which a file keeps in several tables.
TABLE = "table"
#: A unit that was recorded for less than this part of the time is named.
_MOST = 0.99

Spans = Float[np.ndarray, "intervals 2"]


@dataclass(frozen=True, slots=True, eq=False)
class SortedUnits:
    """Sorted units as a file holds them, before any is chosen.

    Parameters
    ----------
    names
        Names of the units.
    times
        Spike times of each unit, in the file's unit and in any order.
    spans
        Recorded intervals in the file's unit: of all units, one array for each unit, or None if the
        file does not say.
    columns
        What the file says of each unit, by the name of the column.
    tables
        Further intervals that the file names, by table and tag; the tag "" means the whole table.
    usual
        Which units are meant if none are chosen, as for `load`; all if None.
    """

    names: tuple[str, ...]
    times: Sequence[np.ndarray]
    spans: Spans | list[Spans] | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Spans]] = field(default_factory=dict)
    usual: str | None = None

    def recording(self, clock: Clock, units: object, intervals: object) -> SpikeTrains:
        """Choose units and intervals, and make a recording of them.

        Parameters
        ----------
        clock
            How the times are to be read.
        units, intervals
            As for :func:`circuitlib.files.load.load`.

        Raises
        ------
        ValueError
            If a name is unknown, nothing is left, or times and intervals make no recording.

        Warns
        -----
        UserWarning
            If units are left out by default, or one of them was recorded for less of the time.
        """
        kept = self.chosen(units)
        times = [numbers("spike_times", self.times[unit]).ravel() for unit in kept]
        spans = self._recorded(kept)
        if spans is not None:
            spans = clock.seconds(spans)
        asked = self._asked(intervals)
        if asked is not None:
            spans = asked if spans is None else intersection(spans, asked)
            if len(spans) == 0:
                raise ValueError("nothing was recorded in these intervals; `inspect` shows them")
        offsets = np.cumsum([0] + [len(train) for train in times])
        flat = np.concatenate([np.sort(train) for train in times])
        return clock.trains(flat, offsets, spans, units=[self.names[unit] for unit in kept])

    def chosen(self, units: object) -> list[int]:
        """Return the positions of the units that `load` is asked for."""
        if units is None and self.usual is not None:
            kept = self._where(self.usual)
            if len(kept) < len(self.names):
                warnings.warn(
                    f"read the {len(kept)} units of {self.usual} of {len(self.names)}; choose "
                    "others with --units",
                    stacklevel=4,
                )
        elif units is None:
            kept = list(range(len(self.names)))
        elif isinstance(units, np.ndarray) and units.dtype.kind == "b":
            kept = chosen(units, len(self.names)).tolist()
        else:
            kept = self._named([units] if isinstance(units, str) else units)
        tables = sorted({self.columns[TABLE][unit] for unit in kept if TABLE in self.columns})
        if len(tables) > 1:
            raise ValueError(
                f"holds several tables of units ({', '.join(tables)}); choose one: "
                f"--units {TABLE}={tables[0]}"
            )
        if not kept:
            raise ValueError("no unit is left; `inspect` shows what can be chosen with --units")
        return kept

    def _named(self, units: object) -> list[int]:
        """Return the positions of units that are named, or meet all conditions."""
        if not isinstance(units, Iterable):
            raise ValueError(f"`units` must be names or conditions, got {units!r}")
        asked = [str(unit) for unit in units]
        conditions = [each for each in asked if each not in self.names and "=" in each]
        names = [each for each in asked if each not in conditions]
        unknown = [name for name in names if name not in self.names]
        if unknown:
            some = ", ".join(self.names[:5]) + (", ..." if len(self.names) > 5 else "")
            raise ValueError(f"there is no unit {unknown[0]!r}; the units are {some}")
        kept = [self.names.index(name) for name in names] or list(range(len(self.names)))
        for condition in conditions:
            held = set(self._where(condition))
            kept = [unit for unit in kept if unit in held]
        return list(dict.fromkeys(kept))

    def _where(self, condition: str) -> list[int]:
        """Return the positions of the units that meet a condition, COLUMN=VALUE,VALUE."""
        column, _, values = condition.partition("=")
        if column not in self.columns:
            known = ", ".join(self.columns) or "no column"
            raise ValueError(f"units have no column {column!r}, but {known}")
        wanted = {value.strip().casefold() for value in values.split(",")}
        kept = [
            unit for unit, value in enumerate(self.columns[column]) if value.casefold() in wanted
        ]
        if not kept:
            held = ", ".join(sorted(set(self.columns[column]))[:8])
            raise ValueError(f"no unit has {condition}; column {column!r} holds {held}")
        return kept

    def _recorded(self, kept: list[int]) -> Spans | None:
        """Return when all chosen units were recorded, in the file's unit."""
        if not isinstance(self.spans, list):
            return None if self.spans is None else recorded(self.spans)
        own = [recorded(self.spans[unit]) for unit in kept]
        common = recorded(own)
        length = np.array([np.diff(spans).sum() for spans in own])
        short = [kept[k] for k in np.flatnonzero(length < _MOST * length.max())]
        if short:
            named = ", ".join(self.names[unit] for unit in short[:5])
            share = np.diff(common).sum() / length.max()
            warnings.warn(
                f"{len(short)} units ({named}{', ...' if len(short) > 5 else ''}) were recorded "
                f"for less time than the others; only the {share:.0%} of the time in which all "
                "were recorded is read. Leave them out with --units to keep the rest",
                stacklevel=4,
            )
        return common

    def _asked(self, intervals: object) -> Spans | None:
        """Return the intervals that are asked for, in seconds."""
        if intervals is None:
            return None
        if not isinstance(intervals, str):
            return recorded(intervals)
        table, _, tag = intervals.partition(":")
        tags = self.tables.get(table)
        found = tags.get(tag.casefold()) if tags is not None else None
        if found is None:
            held = [
                name if not each else f"{name}:{each}"
                for name, tags in self.tables.items()
                for each in tags
            ]
            raise ValueError(
                f"holds no intervals {intervals!r}, but {', '.join(held) or 'none with a name'}"
            )
        return recorded(found)
