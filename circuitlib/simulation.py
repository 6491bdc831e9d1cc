"""Simulate a ring network spike by spike."""

import json
import os
from dataclasses import asdict, dataclass
from typing import get_args

import numpy as np
from tqdm.auto import tqdm

from circuitlib._seeding import streams
from circuitlib.archive import ArchiveError, read_archive
from circuitlib.loops import Noise, Spiking, loop_constants, simulate_compiled
from circuitlib.ring import RingNetwork
from circuitlib.spikes import Recording, SpikeTrains, recording_from_arrays

#: Steps simulated between two updates of the progress bar.
_CHUNK = 100_000


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

    network: RingNetwork
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
            "network": asdict(self.network),
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
    network: RingNetwork,
    duration: float = 480.0,
    spiking: Spiking = "threshold",
    noise: Noise = "sparse",
    seed: int = 0,
    burn_in: float = 1.0,
    threshold: float | None = None,
    progress: bool = False,
) -> Simulation:
    r"""Simulate spikes of a ring network.

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
        threshold = network.threshold if spiking == "threshold" else network.lnp_threshold
    (rng,) = streams(seed, 1)
    # `u` is the recurrent input r W s. It decays like s, so a spike costs one column of W.
    columns = np.ascontiguousarray(network.strength * network.weights.T)
    u = np.zeros(network.n_neurons)
    n_burn = round(burn_in / network.dt)
    n_steps = round(duration / network.dt)
    steps, neurons = [], []
    with tqdm(
        total=burn_in + duration, unit=" s", desc="simulate", disable=not progress, leave=False
    ) as bar:
        for first in range(-n_burn, n_steps, _CHUNK):
            n_chunk = min(_CHUNK, n_steps - first)
            step, neuron = simulate_compiled(
                rng, u, columns, n_chunk, *loop_constants(network, spiking, noise, threshold)
            )
            steps.append(step + first)
            neurons.append(neuron)
            bar.update(n_chunk * network.dt)
    step, neuron = np.concatenate(steps), np.concatenate(neurons)
    recorded = step >= 0
    step, neuron = step[recorded], neuron[recorded]
    if len(step) == 0:
        raise ValueError(f"the network is silent: no input reaches the threshold {threshold:g}")
    order = np.argsort(neuron, kind="stable")  # in each neuron the steps keep their order
    offsets = np.concatenate(([0], np.cumsum(np.bincount(neuron, minlength=network.n_neurons))))
    times = (step[order] + 0.5) * network.dt
    return Simulation(
        times, offsets, n_steps * network.dt, network, spiking, noise, threshold, seed, burn_in
    )


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
        network = RingNetwork(**settings.pop("network"))
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
