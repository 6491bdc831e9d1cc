"""Simulate a network spike by spike."""

import json
import os
from dataclasses import dataclass
from typing import get_args

import numpy as np

from circuitlib._npz import ArchiveError, read_archive
from circuitlib.recordings.spikes import Recording, Spikes, SpikeTrains, recording_from_arrays
from circuitlib.simulation.dynamics import Noise, Spiking, simulate_chunks
from circuitlib.simulation.networks import Network, network_from, network_settings


@dataclass(frozen=True, slots=True, eq=False)
class Simulation(SpikeTrains):
    """Spike times with the network that made them.

    Parameters
    ----------
    times, offsets, duration
        As for :class:`SpikeTrains`.
    network
        The simulated network; ``network.weights`` is the truth.
    spiking
        ``"threshold"`` or ``"lnp"`` (linear-nonlinear-Poisson).
    noise
        ``"sparse"`` or ``"dense"``; only the threshold-crossing model is noisy.
    threshold
        The threshold in use.
    seed
        Seed of the random numbers.
    burn_in
        Simulated seconds before the recording starts.
    """

    network: Network
    spiking: Spiking
    noise: Noise
    threshold: float
    seed: int
    burn_in: float

    def between(self, start: float, stop: float) -> "Simulation":
        """Return the spikes from `start` up to `stop` (seconds); times count from `start`."""
        # `super()` without arguments does not work in a dataclass with slots.
        part = SpikeTrains.between(self, start, stop)
        return self._with(part)

    def split(self, fraction: float) -> tuple["Simulation", "Simulation"]:
        """Cut the recording in time: the first `fraction` of it, and the rest."""
        first, rest = SpikeTrains.split(self, fraction)
        return self._with(first), self._with(rest)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a file of this simulation holds, by name."""
        settings = {
            "spiking": self.spiking,
            "noise": self.noise,
            "threshold": self.threshold,
            "seed": self.seed,
            "burn_in": self.burn_in,
            "network": network_settings(self.network),
        }
        return SpikeTrains.arrays(self) | {
            "weights": self.network.weights,
            "settings": np.array(json.dumps(settings)),
        }

    def _with(self, part: SpikeTrains) -> "Simulation":
        return Simulation(
            part.times,
            part.offsets,
            part.duration,
            self.network,
            self.spiking,
            self.noise,
            self.threshold,
            self.seed,
            self.burn_in,
        )


def simulate(
    network: Network,
    duration: float = 480.0,
    spiking: Spiking = "threshold",
    noise: Noise = "sparse",
    seed: int = 0,
    burn_in: float = 1.0,
    threshold: float | None = None,
    progress: bool = False,
) -> Simulation:
    r"""Simulate spikes of a network.

    The synaptic activation :math:`s` decays with ``network.tau`` and grows by one at each spike.
    With the input :math:`g = r W s + b`, the threshold-crossing model spikes where
    :math:`g + b \xi > \theta`; the linear-nonlinear-Poisson model draws
    :math:`\mathrm{Poisson}(\mathrm{gain} \cdot \max(g - \theta, 0))` spikes per step.

    Parameters
    ----------
    network
        The network.
    duration
        Recorded time in seconds.
    spiking
        ``"threshold"`` or ``"lnp"``.
    noise
        ``"sparse"``: in 6.7 % of steps a neuron's input is perturbed by a normal variable of
        standard deviation ``network.noise * network.drive``, as in the authors' code.
        ``"dense"``: in every step.
    seed
        Seed of all random numbers.
    burn_in
        Seconds simulated before the recording starts.
    threshold
        Threshold :math:`\theta`; the tuned value of the strength sweep if not given.
    progress
        Show a progress bar.

    Returns
    -------
    Simulation
        The spike times and the network.

    Raises
    ------
    ValueError
        If a setting is out of range, or the network falls silent.

    References
    ----------
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2; Yoon (2025), arXiv:2509.17174, section 4.
    """
    threshold = _checked(network, duration, spiking, noise, burn_in, threshold)
    chunks = list(
        simulate_chunks(
            network, duration, spiking, noise, seed, burn_in, threshold, progress=progress
        )
    )
    step = np.concatenate([step for step, _ in chunks])
    neuron = np.concatenate([neuron for _, neuron in chunks])
    if len(step) == 0:
        raise ValueError(f"the network is silent: no input reaches the threshold {threshold:g}")
    order = np.argsort(neuron, kind="stable")  # in each neuron the steps keep their order
    offsets = np.concatenate(([0], np.cumsum(np.bincount(neuron, minlength=network.n_neurons))))
    times = (step[order] + 0.5) * network.dt
    recorded = round(duration / network.dt) * network.dt
    return Simulation(times, offsets, recorded, network, spiking, noise, threshold, seed, burn_in)


def simulate_counts(
    network: Network,
    duration: float,
    dt: float,
    spiking: Spiking = "threshold",
    noise: Noise = "sparse",
    seed: int = 0,
    burn_in: float = 1.0,
    threshold: float | None = None,
    progress: bool = False,
) -> Spikes:
    """Simulate counts in bins of `dt` seconds and forget the spike times.

    The counts are those of ``simulate(...).binned(dt)``, but memory grows with the number of bins
    and not with that of spikes, for recordings of many hours.

    Parameters
    ----------
    network, duration, spiking, noise, seed, burn_in, threshold, progress
        As for :func:`simulate`.
    dt
        Bin width in seconds, a whole multiple of ``network.dt``.

    Returns
    -------
    Spikes
        The counts.

    Raises
    ------
    ValueError
        As :func:`simulate`, or if `dt` does not fit or a bin holds more than 255 spikes.
    """
    threshold = _checked(network, duration, spiking, noise, burn_in, threshold)
    per_bin = round(dt / network.dt)
    if per_bin < 1 or abs(per_bin - dt / network.dt) > 1e-6 * per_bin:
        raise ValueError(f"`dt` must be a whole multiple of {network.dt:g} s, got {dt}")
    shape = (round(duration / network.dt) // per_bin, network.n_neurons)
    counts = np.zeros(shape, dtype=np.uint8)
    flat = counts.ravel()
    for step, neuron in simulate_chunks(
        network, duration, spiking, noise, seed, burn_in, threshold, progress=progress
    ):
        cell = step // per_bin * network.n_neurons + neuron
        cell, number = np.unique(cell[cell < flat.size], return_counts=True)
        if len(cell) == 0:
            continue
        # A bin that reaches into the next chunk goes on counting there.
        number += flat[cell]
        if number.max() > 255:
            raise ValueError(f"more than 255 spikes in a bin of {dt:g} s; use narrower bins")
        flat[cell] = number
    if not counts.any():
        raise ValueError(f"the network is silent: no input reaches the threshold {threshold:g}")
    return Spikes(counts, dt)


def _checked(
    network: Network,
    duration: float,
    spiking: str,
    noise: str,
    burn_in: float,
    threshold: float | None,
) -> float:
    """Check the settings of a simulation; return the threshold to use."""
    if spiking not in get_args(Spiking):
        raise ValueError(f"`spiking` must be one of {get_args(Spiking)}, got {spiking!r}")
    if noise not in get_args(Noise):
        raise ValueError(f"`noise` must be one of {get_args(Noise)}, got {noise!r}")
    if not (np.isfinite(duration) and duration >= network.dt):
        raise ValueError(
            f"`duration` must be at least one step of {network.dt:g} s, got {duration}"
        )
    if not (np.isfinite(burn_in) and burn_in >= 0):
        raise ValueError(f"`burn_in` in seconds must be zero or positive, got {burn_in}")
    if threshold is None:
        return network.threshold if spiking == "threshold" else network.lnp_threshold
    return threshold


def load(path: str | os.PathLike[str]) -> Recording:
    """Read a recording; one that `simulate` wrote comes back with its network.

    Parameters
    ----------
    path
        A spikes file.

    Returns
    -------
    Simulation, SpikeTrains or Spikes
        The recording, checked.

    Raises
    ------
    ArchiveError
        If the file cannot be read or its content is not a recording.
    """
    arrays = read_archive(path)
    recording = recording_from_arrays(path, arrays)
    if "settings" not in arrays or not isinstance(recording, SpikeTrains):
        return recording
    try:
        settings = json.loads(str(arrays["settings"]))
        network = network_from(settings.pop("network"))
        simulation = Simulation(
            recording.times, recording.offsets, recording.duration, network, **settings
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
