"""How input becomes spikes: the spiking models and the constants of their steps."""

from typing import Literal, NamedTuple, get_args

from circuitlib.recordings.arguments import one_number
from circuitlib.simulation.networks import Network

Spiking = Literal["threshold", "lnp"]
Noise = Literal["sparse", "dense"]

#: The sparse noise is on where a standard normal variable exceeds this value (6.7 % of steps).
SPARSE_CUT = 1.5


class Dynamics(NamedTuple):
    """The constants of one time step; numbers and truth values only, as compiled loops need them.

    Make it with :meth:`of`. Input and thresholds have the unit of the network's `drive`.

    Parameters
    ----------
    is_poisson
        Linear-nonlinear-Poisson, or threshold crossing.
    is_dense
        Whether noise perturbs every step, or few; only the threshold-crossing model is noisy.
    drive
        Uniform feed-forward drive.
    amplitude
        Standard deviation of the noise where it is on.
    threshold
        Input above which a neuron spikes.
    gain
        Spikes per step and unit of input above threshold (linear-nonlinear-Poisson).
    decay
        Part of the synaptic activation that is left after a step.
    """

    is_poisson: bool
    is_dense: bool
    drive: float
    amplitude: float
    threshold: float
    gain: float
    decay: float

    @classmethod
    def of(
        cls,
        network: Network,
        spiking: object = "threshold",
        noise: object = "sparse",
        threshold: object = None,
    ) -> "Dynamics":
        """Collect the constants of a network, with its tuned threshold if none is given.

        What is given may come from a file, and is checked.

        Raises
        ------
        ValueError
            If there is no such spiking model or noise, the threshold is no finite number, or none
            is tuned for the network.
        """
        if spiking not in get_args(Spiking):
            raise ValueError(f"`spiking` must be one of {get_args(Spiking)}, got {spiking!r:.60}")
        if noise not in get_args(Noise):
            raise ValueError(f"`noise` must be one of {get_args(Noise)}, got {noise!r:.60}")
        if threshold is None:
            threshold = network.threshold if spiking == "threshold" else network.lnp_threshold
        return cls(
            is_poisson=spiking == "lnp",
            is_dense=noise == "dense",
            drive=network.drive,
            amplitude=network.noise * network.drive,
            threshold=one_number("threshold", threshold),
            gain=network.gain,
            decay=1 - network.dt / network.tau,
        )

    @property
    def spiking(self) -> Spiking:
        """Name of the spiking model."""
        return "lnp" if self.is_poisson else "threshold"

    @property
    def noise(self) -> Noise:
        """Name of the noise."""
        return "dense" if self.is_dense else "sparse"
