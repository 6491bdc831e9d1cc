"""How input becomes spikes: the spiking models and the constants of their steps."""

from typing import Literal, NamedTuple, get_args

from circuitlib.recordings.arguments import one_number
from circuitlib.simulation.networks import Network

Spiking = Literal["threshold", "lnp", "exponential"]
Noise = Literal["sparse", "dense"]

#: What a network calls the threshold that is tuned for a spiking model.
_TUNED = {
    "threshold": "threshold",
    "lnp": "lnp_threshold",
    "exponential": "exponential_threshold",
}
#: The sparse noise is on where a standard normal variable exceeds this value (6.7 % of steps).
SPARSE_CUT = 1.5
#: Input by which the rate of the exponential model grows e-fold, relative to the drive: about that
#: by which a linear one has to exceed its threshold for such rates.
_E_FOLD = 0.25


class Dynamics(NamedTuple):
    """The constants of one time step; numbers and truth values only, as compiled loops need them.

    Make it with :meth:`of`. Input and thresholds have the unit of the network's `drive`.

    Parameters
    ----------
    is_poisson
        Whether spikes are Poisson, with a rate that depends on the input, or where the input
        crosses the threshold.
    is_exponential
        Whether the rate of a Poisson model is an exponential function of the input, or a rectified
        linear one.
    is_dense
        Whether noise perturbs every step, or few; only the threshold-crossing model is noisy.
    drive
        Uniform feed-forward drive.
    amplitude
        Standard deviation of the noise where it is on.
    threshold
        Input above which a neuron spikes; in the exponential model, that at which its rate has the
        slope `gain`.
    e_fold
        Input by which the rate of the exponential model grows e-fold.
    gain
        Spikes per step and unit of input above threshold (Poisson models).
    decay
        Part of the synaptic activation that is left after a step.
    """

    is_poisson: bool
    is_exponential: bool
    is_dense: bool
    drive: float
    amplitude: float
    threshold: float
    e_fold: float
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
            threshold = getattr(network, _TUNED[str(spiking)])
        return cls(
            is_poisson=spiking != "threshold",
            is_exponential=spiking == "exponential",
            is_dense=noise == "dense",
            drive=network.drive,
            amplitude=network.noise * network.drive,
            threshold=one_number("threshold", threshold),
            e_fold=_E_FOLD * network.drive,
            gain=network.gain,
            decay=1 - network.dt / network.tau,
        )

    @property
    def spiking(self) -> Spiking:
        """Name of the spiking model."""
        if self.is_exponential:
            return "exponential"
        return "lnp" if self.is_poisson else "threshold"

    @property
    def noise(self) -> Noise:
        """Name of the noise."""
        return "dense" if self.is_dense else "sparse"
