"""A simulated recording: spike times with the network that made them."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.simulation.dynamics import Dynamics, Noise, Spiking
from circuitlib.simulation.networks import Network, network_settings


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Simulation(SpikeTrains):
    """Spike times with the network that made them.

    Parameters
    ----------
    times, offsets, duration
        As for :class:`SpikeTrains`.
    network
        The simulated network; ``network.weights`` is the truth.
    dynamics
        How its input became spikes.
    seed
        Seed of the random numbers.
    burn_in
        Simulated seconds before the recording starts.
    recorded
        Further arguments of :class:`SpikeTrains`.
    """

    network: Network
    dynamics: Dynamics
    seed: int
    burn_in: float

    def __init__(
        self,
        times: object,
        offsets: object,
        duration: object,
        network: Network,
        dynamics: Dynamics,
        seed: int,
        burn_in: float,
        **recorded: Any,
    ) -> None:
        SpikeTrains.__init__(self, times, offsets, duration, **recorded)
        object.__setattr__(self, "network", network)
        object.__setattr__(self, "dynamics", dynamics)
        object.__setattr__(self, "seed", seed)
        object.__setattr__(self, "burn_in", burn_in)

    @property
    def spiking(self) -> Spiking:
        """``"threshold"`` or ``"lnp"`` (linear-nonlinear-Poisson)."""
        return self.dynamics.spiking

    @property
    def noise(self) -> Noise:
        """``"sparse"`` or ``"dense"``; only the threshold-crossing model is noisy."""
        return self.dynamics.noise

    @property
    def threshold(self) -> float:
        """The threshold in use."""
        return self.dynamics.threshold

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
