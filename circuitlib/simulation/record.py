"""A simulated recording: spike times with the network that made them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from circuitlib.recordings.arguments import one_number
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.simulation.described import check_names, network_from, network_settings, whole
from circuitlib.simulation.dynamics import Dynamics, Noise, Spiking
from circuitlib.simulation.networks import Network
from circuitlib.simulation.steering import Steering, steering_from

#: What a file says of a simulation; see :meth:`Simulation.described`.
_SETTINGS = {"spiking", "noise", "threshold", "seed", "burn_in", "network"}


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
    steering
        How the network read the `angle`; None without one.
    recorded
        Further arguments of :class:`SpikeTrains`.
    """

    network: Network
    dynamics: Dynamics
    seed: int
    burn_in: float
    steering: Steering | None

    def __init__(
        self,
        times: object,
        offsets: object,
        duration: object,
        network: Network,
        dynamics: Dynamics,
        seed: int,
        burn_in: float,
        steering: Steering | None = None,
        **recorded: Any,
    ) -> None:
        SpikeTrains.__init__(self, times, offsets, duration, **recorded)
        object.__setattr__(self, "network", network)
        object.__setattr__(self, "dynamics", dynamics)
        object.__setattr__(self, "seed", seed)
        object.__setattr__(self, "burn_in", burn_in)
        object.__setattr__(self, "steering", steering)

    @classmethod
    def described(cls, trains: SpikeTrains, settings: Mapping[str, Any]) -> "Simulation":
        """Add to spike trains what the settings in their file say; see :meth:`arrays`.

        The weights are not built: they may be too many.

        Raises
        ------
        ValueError
            If a setting is missing, unknown, of another kind or out of range, or the network has
            more or fewer neurons than there are spike trains.
        """
        expected = _SETTINGS | ({"steering"} if trains.angle is not None else set())
        check_names("settings", settings, expected)
        network = network_from(settings["network"])
        if network.n_neurons != trains.n_neurons:
            raise ValueError(
                f"{trains.n_neurons} spike trains but a network of {network.n_neurons} neurons"
            )
        threshold = one_number("threshold", settings["threshold"])
        burn_in = one_number("burn_in", settings["burn_in"])
        if burn_in < 0:
            raise ValueError(f"`burn_in` in seconds must be zero or positive, got {burn_in:g}")
        return cls(
            trains.times,
            trains.offsets,
            trains.duration,
            network,
            Dynamics.of(network, settings["spiking"], settings["noise"], threshold),
            whole("seed", settings["seed"]),
            burn_in,
            None if trains.angle is None else steering_from(settings["steering"]),
            angle=trains.angle,
            run_starts=trains.run_starts,
            precision=trains.precision,
            units=trains.units,
        )

    @property
    def spiking(self) -> Spiking:
        """``"threshold"``, ``"lnp"`` (linear-nonlinear-Poisson) or ``"exponential"``."""
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
        if self.steering is not None:
            settings["steering"] = asdict(self.steering)
        return SpikeTrains.arrays(self) | {
            "weights": self.network.weights,
            "settings": np.array(json.dumps(settings)),
        }
