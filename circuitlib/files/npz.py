"""Spikes files of this library: plain arrays in an ``.npz``."""

import json
from pathlib import Path

import numpy as np

from circuitlib._npz import ArchiveError, read_archive
from circuitlib.files.clock import Clock
from circuitlib.recordings.spike_trains import Recording, SpikeTrains
from circuitlib.recordings.spikes import Spikes, one_number, seconds, whole_numbers
from circuitlib.simulation.dynamics import Dynamics
from circuitlib.simulation.networks import network_from
from circuitlib.simulation.record import Simulation


def read_npz(path: Path, clock: Clock) -> Recording:
    """Read a spikes file; see :func:`circuitlib.files.load.load` for what it may hold."""
    arrays = read_archive(path)
    try:
        if "spike_times" in arrays and "spike_offsets" in arrays:
            return _trains(path, arrays, clock)
        if "counts" in arrays and "dt" in arrays:
            starts = whole_numbers("starts", arrays.get("starts", np.zeros(1, dtype=int)))
            dt = clock.seconds(seconds("dt", arrays["dt"]))
            return clock.counts(Spikes.from_counts(arrays["counts"], float(dt), starts))
    except ArchiveError:
        raise
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: {error}") from None
    raise ArchiveError(
        f"{path}: holds no recording; it needs `spike_times` and `spike_offsets`, "
        "or `counts` and `dt`"
    )


def _trains(path: Path, arrays: dict[str, np.ndarray], clock: Clock) -> SpikeTrains:
    """Make a recording of spike times, which may be one that this library wrote."""
    times = arrays["spike_times"]
    offsets = whole_numbers("spike_offsets", arrays["spike_offsets"])
    if "intervals" in arrays:
        return clock.trains(times, offsets, arrays["intervals"])
    if "duration" not in arrays:
        return clock.trains(times, offsets, None)
    duration = seconds("duration", arrays["duration"])
    if "run_starts" in arrays or "settings" in arrays:
        starts = arrays.get("run_starts", np.zeros(1))
        precision = one_number("precision", arrays.get("precision", 0.0))
        trains = SpikeTrains(times, offsets, duration, run_starts=starts, precision=precision)
        whole = _simulation(path, arrays, trains) if "settings" in arrays else trains
        if clock.is_stated and clock.seconds(1.0) != 1.0:
            raise ValueError("was written by this library, in seconds; leave out the unit")
        start, stop = clock.start or 0.0, duration if clock.stop is None else clock.stop
        return whole if (start, stop) == (0.0, duration) else whole.between(start, stop)
    begin = one_number("start", arrays.get("start", 0.0))
    if times.dtype.kind in "iuf" and ((times < begin) | (times > begin + duration)).any():
        raise ValueError(
            f"`spike_times` must lie between `start` ({begin:g}) and `start` + `duration` "
            f"({begin + duration:g})"
        )
    return clock.trains(times, offsets, [[begin, begin + duration]])


def _simulation(path: Path, arrays: dict[str, np.ndarray], trains: SpikeTrains) -> Simulation:
    """Add the network and the settings with which `simulate` made the spikes."""
    try:
        settings = json.loads(str(arrays["settings"]))
        network = network_from(settings["network"])
        simulation = Simulation(
            trains.times,
            trains.offsets,
            trains.duration,
            network,
            Dynamics.of(network, settings["spiking"], settings["noise"], settings["threshold"]),
            settings["seed"],
            settings["burn_in"],
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArchiveError(f"{path}: the settings are damaged ({error})") from None
    stored = arrays.get("weights")
    if stored is None or stored.shape != network.weights.shape:
        raise ArchiveError(f"{path}: `weights` is missing or does not fit the network")
    if not np.allclose(stored, network.weights, rtol=1e-9, atol=1e-12):
        raise ArchiveError(f"{path}: `weights` and the settings disagree; the file was changed")
    if simulation.n_neurons != network.n_neurons:
        raise ArchiveError(
            f"{path}: {simulation.n_neurons} spike trains but a network of {network.n_neurons}"
        )
    return simulation
