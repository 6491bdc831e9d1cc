"""Sorted units as a file holds them, and what is chosen from them."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from circuitlib.files.clock import Clock, point_out_pauses
from circuitlib.files.tracking import Tracked
from circuitlib.recordings.arguments import numbers
from circuitlib.recordings.intervals import UNKNOWN, intersection, recorded
from circuitlib.recordings.selection import chosen
from circuitlib.recordings.spike_trains import SpikeTrains

#: Column that tells units apart which a file keeps in several tables.
TABLE = "table"
#: A unit that was recorded for less than this part of the time is named.
_MOST = 0.99

#: Starts and stops, shape (intervals, 2); several of them need not be equally many.
Spans = Float[np.ndarray, "_ 2"]


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
        Recorded intervals in the file's unit, of all units or one array for each unit; infinite
        where the file does not say.
    columns
        What the file says of each unit, by the name of the column.
    tables
        Further intervals that the file names, by table and tag; the tag "" means the whole table.
    usual
        Which units are meant if none are chosen, as for `load`; all if None.
    """

    names: tuple[str, ...]
    times: Sequence[np.ndarray]
    spans: Spans | list[Spans] = field(default_factory=lambda: UNKNOWN)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Spans]] = field(default_factory=dict)
    usual: str | None = None

    def recording(
        self, clock: Clock, units: object, epochs: object, tracked: Tracked | None = None
    ) -> SpikeTrains:
        """Choose units and epochs, and make a recording of them.

        Parameters
        ----------
        clock
            How the times are to be read.
        units, epochs
            As for :func:`circuitlib.files.load.load`.
        tracked
            An angle, which the recording keeps. Time in which it was not tracked is left out.

        Raises
        ------
        ValueError
            If a name is unknown, nothing is left, or times and epochs make no recording.

        Warns
        -----
        UserWarning
            If units are left out by default, or one of them was recorded for less of the time.
        """
        kept, spans = self.part(clock, units, epochs)
        if tracked is not None:
            spikes = clock.seconds(np.concatenate([self.times[unit] for unit in kept]))
            spans = tracked.within(clock.window(clock.known(spans, spikes)))
        recording = everyone = self._trains(clock, kept, spans)
        if len(kept) < len(self.names):
            # Few neurons may well be silent together; that all of the file are is strange.
            settled = clock if clock.is_stated else replace(clock, time_unit="s")
            everyone = self._trains(settled, list(range(len(self.names))), spans)
        point_out_pauses(everyone)
        return recording if tracked is None else replace(recording, angle=tracked.along(spans))

    def _trains(self, clock: Clock, kept: list[int], spans: Spans) -> SpikeTrains:
        times = [np.sort(numbers("spike_times", self.times[unit]).ravel()) for unit in kept]
        offsets = np.cumsum([0] + [len(train) for train in times])
        names = [self.names[unit] for unit in kept]
        return clock.trains(np.concatenate(times), offsets, spans, names)

    def part(self, clock: Clock, units: object, epochs: object) -> tuple[list[int], Spans]:
        """Return the positions of the chosen units, and when all of them were recorded (s)."""
        kept = self.chosen(units)
        spans = clock.seconds(self._recorded(kept))
        if epochs is not None:
            spans = intersection(spans, self._asked(epochs))
            if len(spans) == 0:
                raise ValueError("nothing was recorded in these epochs; `inspect` shows them")
        return kept, spans

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

    def _recorded(self, kept: list[int]) -> Spans:
        """Return when all chosen units were recorded, in the file's unit."""
        if not isinstance(self.spans, list):
            return recorded(self.spans)
        own = [recorded(self.spans[unit]) for unit in kept]
        common = recorded(own)
        length = np.array([np.diff(spans).sum() for spans in own])
        length[np.isinf(length)] = length[np.isfinite(length)].max(initial=0.0)  # not known
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

    def _asked(self, epochs: object) -> Spans:
        """Return the intervals that are asked for, in seconds."""
        if not isinstance(epochs, str):
            return recorded(epochs)
        if epochs in self.tables:
            return recorded(self.tables[epochs][""])
        found = {
            name: tags[tag]
            for name, tags in self.tables.items()
            for tag in tags
            if tag and epochs.casefold() in (tag, f"{name}:{tag}".casefold())
        }
        if len(found) != 1:
            what = f"epochs {epochs!r} in several tables" if found else f"no epochs {epochs!r}"
            raise ValueError(f"holds {what}; choose one of: {', '.join(self.epochs) or 'none'}")
        return recorded(next(iter(found.values())))

    @property
    def epochs(self) -> list[str]:
        """What can be chosen by name: tables, and their tags."""
        return [
            f"{name}:{tag}" if tag else name for name, tags in self.tables.items() for tag in tags
        ]
