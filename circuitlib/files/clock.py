"""The clock of a file: the unit of its times, what was recorded, and what looks wrong."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from circuitlib.recordings.arguments import numbers, precision_of
from circuitlib.recordings.intervals import intersection, recorded
from circuitlib.recordings.quality import common_pauses
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes

TimeUnit = Literal["s", "ms", "us"]
_SECONDS: dict[TimeUnit, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
#: Mean rates of a population that no recording in seconds has, in hertz.
_SLOWEST, _FASTEST = 0.1, 1000.0
#: Spikes from which on it is strange that all times are whole numbers.
_MANY = 20
#: A pause of all neurons is pointed out if it is so long (s) and should have held so many spikes.
_PAUSE, _EXPECTED = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Clock:
    """How the times of a file are to be read.

    Parameters
    ----------
    time_unit
        Unit of the times, ``"s"``, ``"ms"`` or ``"us"``. If not given they are seconds, and a file
        whose times can hardly be seconds is refused.
    sampling_rate
        Samples per second, where times are numbers of samples.
    start, stop
        Part of the recording to keep, in seconds on the file's clock; where the file does not say
        what was recorded, when the recording began and ended.

    Raises
    ------
    ValueError
        If unit and sampling rate are both given, or a value is out of range.
    """

    time_unit: TimeUnit | None = None
    sampling_rate: float | None = None
    start: float | None = None
    stop: float | None = None

    def __post_init__(self) -> None:
        if self.time_unit is not None and self.sampling_rate is not None:
            raise ValueError("give `time_unit` or `sampling_rate`, not both")
        if self.time_unit not in (None, *_SECONDS):
            raise ValueError(f"`time_unit` must be s, ms or us, got {self.time_unit!r}")
        if self.sampling_rate is not None and not 0 < self.sampling_rate < np.inf:
            raise ValueError(f"`sampling_rate` in hertz must be positive, got {self.sampling_rate}")
        for edge in (self.start, self.stop):
            if edge is not None and not np.isfinite(edge):
                raise ValueError(f"`start` and `stop` in seconds must be finite, got {edge}")
        if self.start is not None and self.stop is not None and not self.start < self.stop:
            raise ValueError(f"`start` ({self.start:g} s) must lie before `stop` ({self.stop:g} s)")

    @property
    def is_stated(self) -> bool:
        """Whether the unit of the times was given."""
        return self.time_unit is not None or self.sampling_rate is not None

    def seconds(self, times: object) -> np.ndarray:
        """Return times in seconds."""
        given = np.asarray(times, dtype=np.float64)
        if self.sampling_rate is not None:
            return np.asarray(given / self.sampling_rate)
        return np.asarray(given * _SECONDS[self.time_unit or "s"])

    def trains(
        self,
        times: np.ndarray,
        offsets: np.ndarray,
        spans: Float[np.ndarray, "intervals 2"],
        units: object,
    ) -> SpikeTrains:
        """Make a recording of spike times.

        Parameters
        ----------
        times, offsets
            As for `SpikeTrains`, in the file's unit.
        spans
            Start and stop of what was recorded, in seconds on the file's clock, shape
            ``(intervals, 2)``. An infinite start is that of the clock or the first spike, an
            infinite stop that of the clock or the last spike.
        units
            Names of the neurons.

        Raises
        ------
        ValueError
            If the times can hardly be in the unit, or do not make a recording.
        """
        given = numbers("spike_times", times)
        if given.ndim != 1 or given.size == 0 or not np.isfinite(given).all():
            return SpikeTrains(given, offsets, 1.0)  # which says what is wrong
        whole = given.dtype.kind in "iu" or not (given % 1).any()
        if whole and given.size >= _MANY and not self.is_stated:
            raise ValueError(
                "`spike_times` are whole numbers, so hardly seconds; say what they are: "
                "--time-unit ms, or --sampling-rate for numbers of samples"
            )
        spikes = self.seconds(given)
        trains = SpikeTrains.within(
            spikes,
            offsets,
            self._part(self.known(recorded(spans), spikes)),
            precision=precision_of(given) * float(self.seconds(1.0)),
            units=units,
        )
        if not self.is_stated:
            _check_rate(trains.rates.mean(), "`spike_times` are read as seconds")
        return trains

    def counts(self, spikes: Spikes) -> Spikes:
        """Check counts in bins, and keep the part between `start` and `stop`.

        Raises
        ------
        ValueError
            If there are more neurons than bins, the rate is implausible, or no bin is left.
        """
        if spikes.n_neurons > spikes.n_bins:
            raise ValueError(
                f"`counts` has {spikes.n_bins} bins for {spikes.n_neurons} neurons; its shape must "
                "be (time, neurons): transpose it"
            )
        if not self.is_stated and spikes.n_spikes:
            _check_rate(spikes.rates.mean(), "`dt` is read as seconds")
        first = 0 if self.start is None else round(self.start / spikes.dt)
        last = spikes.n_bins if self.stop is None else round(self.stop / spikes.dt)
        first, last = max(first, 0), min(last, spikes.n_bins)
        return spikes if last - first == spikes.n_bins else spikes.window(first, last - first)

    def known(
        self, spans: Float[np.ndarray, "intervals 2"], spikes: Float[np.ndarray, " spikes"]
    ) -> Float[np.ndarray, "known 2"]:
        """Replace an infinite edge by that of the clock, or by the first or last spike (s)."""
        first = spikes.min(initial=np.inf) if self.start is None else self.start
        last = spikes.max(initial=-np.inf) if self.stop is None else self.stop
        known = np.where(spans == -np.inf, first, np.where(spans == np.inf, last, spans))
        return known[known[:, 1] > known[:, 0]]

    def window(self, spans: Float[np.ndarray, "intervals 2"]) -> Float[np.ndarray, "part 2"]:
        """Cut recorded intervals (s) to what lies between `start` and `stop`; may be empty."""
        start = -np.inf if self.start is None else self.start
        stop = np.inf if self.stop is None else self.stop
        return intersection(spans, np.array([[start, stop]]))

    def _part(self, spans: np.ndarray) -> np.ndarray:
        """Cut the recorded intervals to the part to keep."""
        cut = self.window(spans)
        if len(cut) == 0:
            raise ValueError(
                "nothing was recorded between --start and --stop; the recording lasts from "
                f"{spans.min(initial=np.inf):g} to {spans.max(initial=-np.inf):g} s"
            )
        return cut


def _check_rate(rate: float, reading: str) -> None:
    """Refuse a mean rate (Hz) that no population has, if times are read as said."""
    if not _SLOWEST <= rate <= _FASTEST:
        raise ValueError(
            f"{reading}, and the mean rate of a neuron is then {rate:.3g} Hz; "
            "give --time-unit ms if that is the unit, or --time-unit s if the rate is right"
        )


def point_out_pauses(trains: SpikeTrains) -> None:
    """Warn of pauses of all neurons together that look like time nobody recorded."""
    limit = max(_PAUSE, _EXPECTED * trains.duration / trains.n_spikes)
    begin, length = common_pauses(trains)
    long = length > limit
    if long.any():
        warnings.warn(
            f"all neurons are silent {long.sum()} times for more than {limit:.3g} s, first after "
            f"{begin[long][0]:.6g} s of recorded time. If nobody recorded there, give what was "
            "recorded (--epochs, --start and --stop); time that nobody recorded must not count as "
            "silence",
            stacklevel=4,
        )
