"""Spikes files of this library: plain arrays in an ``.npz``."""

import json
from pathlib import Path

import numpy as np

from circuitlib._npz import ArchiveError, read_archive
from circuitlib.recordings.spike_trains import Recording, SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.simulation.dynamics import Dynamics
from circuitlib.simulation.networks import network_from
from circuitlib.simulation.record import Simulation


def read_npz(path: Path) -> Recording:
    """Read ``spike_times`` and ``spike_offsets``, or ``counts`` and ``dt``; see `load`."""
    arrays = read_archive(path)
    try:
        recording = _recording(arrays)
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: {error}") from None
    if "settings" not in arrays or not isinstance(recording, SpikeTrains):
        return recording
    return _simulation(path, arrays, recording)


def _recording(arrays: dict[str, np.ndarray]) -> Recording:
    """Check the arrays of a file and make a recording of them."""
    if "spike_times" in arrays and "spike_offsets" in arrays:
        times = np.asarray(arrays["spike_times"], dtype=np.float64)
        offsets = arrays["spike_offsets"]
        if offsets.dtype.kind not in "iu":
            raise ValueError(f"`spike_offsets` must be whole numbers, got {offsets.dtype}")
        last = float(times.max()) if times.size else 0.0
        duration = float(arrays.get("duration", np.array(last)))
        return SpikeTrains(times, offsets.astype(np.int64), duration)
    if "counts" in arrays and "dt" in arrays:
        spikes = Spikes.from_counts(arrays["counts"], float(arrays["dt"]))
        starts = np.asarray(arrays.get("starts", spikes.starts), dtype=int)
        return Spikes(spikes.counts, spikes.dt, starts)
    raise ValueError(
        "holds no recording; it needs `spike_times` and `spike_offsets`, or `counts` and `dt`"
    )


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
