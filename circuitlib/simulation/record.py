"""A simulated recording: spike times with the network that made them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Int

from circuitlib.recordings.arguments import one_number, whole_numbers
from circuitlib.recordings.selection import chosen
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
    observed
        Which neurons of the network the spikes are of, rising; all if not given.
    recorded
        Further arguments of :class:`SpikeTrains`.
    """

    network: Network
    dynamics: Dynamics
    seed: int
    burn_in: float
    steering: Steering | None
    observed: Int[np.ndarray, " observed"]

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
        observed: object = None,
        **recorded: Any,
    ) -> None:
        SpikeTrains.__init__(self, times, offsets, duration, **recorded)
        object.__setattr__(self, "network", network)
        object.__setattr__(self, "dynamics", dynamics)
        object.__setattr__(self, "seed", seed)
        object.__setattr__(self, "burn_in", burn_in)
        object.__setattr__(self, "steering", steering)
        n, size = self.n_neurons, network.n_neurons
        if observed is None and n != size:
            raise ValueError(f"{n} spike trains but a network of {size} neurons")
        among = np.arange(n) if observed is None else whole_numbers("observed", observed)
        if len(among) != n or (np.diff(among) <= 0).any() or among[0] < 0 or among[-1] >= size:
            raise ValueError(
                f"`observed` must name {n} neurons, rising from 0 to {size - 1} at most"
            )
        object.__setattr__(self, "observed", among)

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
        check_names("settings", settings, expected | ({"observed"} & settings.keys()))
        network = network_from(settings["network"])
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
            settings.get("observed"),
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

    @property
    def is_whole(self) -> bool:
        """Whether every neuron of the network is observed."""
        return len(self.observed) == self.network.n_neurons

    def observe(self, neurons: object) -> "Simulation":
        """Keep the spikes of some neurons, in their order, and the network with all its weights.

        Unlike :meth:`select` it stays a simulation, so that what is inferred can be scored.

        Parameters
        ----------
        neurons
            Numbers of neurons in this recording, or a mask.
        """
        kept = np.sort(chosen(neurons, self.n_neurons))
        part = self.select(kept)
        return replace(
            self,
            times=part.times,
            offsets=part.offsets,
            observed=self.observed[kept],
            units=tuple(map(str, self.observed[kept])),
        )

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
        if not self.is_whole:
            settings["observed"] = self.observed.tolist()
        if self.steering is not None:
            settings["steering"] = asdict(self.steering)
        return SpikeTrains.arrays(self) | {
            "weights": self.network.weights,
            "settings": np.array(json.dumps(settings)),
        }
