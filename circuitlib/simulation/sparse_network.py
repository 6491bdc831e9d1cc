"""Networks whose connections have a direction: few pairs are connected, most of them one way."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from circuitlib.simulation.networks import Network, Thresholds

#: Thresholds of the default networks, found by bisection for a mean rate of 62 Hz; their density.
SPARSE_THRESHOLDS = Thresholds(0.010, 1.190e-3, 5.86e-4)
DALE_THRESHOLDS = Thresholds(0.005, 1.378e-3, 7.81e-4)
_DENSITY = 0.15
#: Mean weight of a connection, about that of the ring's strongest; spread (standard deviation of
#: the logarithm) of the weights; and the weight of a neuron on itself, that of the ring.
_MEAN, _SPREAD, _SELF = -2.3e-3, 0.5, -5e-4
#: Part of the neurons that are inhibitory, and mean weights of both kinds of connections: more
#: inhibition than excitation in all, from fewer and stronger connections.
_INHIBITORY, _INHIBITION, _EXCITATION = 0.2, -6e-3, 1e-3


@dataclass(frozen=True, slots=True)
class SparseNetwork(Network):
    """Inhibitory connections between few pairs of neurons, each direction on its own.

    Which pairs are connected is random, and so is the size of each connection, which is
    log-normal. At the strength of the strongest ring a few neurons would silence others, so the
    default is the strongest of the sweep at which every neuron fires with at least 10 Hz. Its
    thresholds are tuned to 62 Hz.

    Parameters
    ----------
    strength, n_neurons, drive, noise, tau, dt, gain
        As for :class:`circuitlib.simulation.networks.Network`.
    density
        Part of the ordered pairs of neurons that are connected.
    wiring_seed
        Seed of the wiring.

    Raises
    ------
    ValueError
        If `density` is not between 0 and 1.

    References
    ----------
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2, for sparse asymmetric weights; Song et al.
    (2005), doi:10.1371/journal.pbio.0030068, for log-normal ones.
    """

    strength: float = 0.010
    density: float = _DENSITY
    wiring_seed: int = 0

    def __post_init__(self) -> None:
        super(SparseNetwork, self).__post_init__()
        if not 0 < self.density <= 1:
            raise ValueError(f"`density` must lie between 0 and 1, got {self.density}")

    @property
    def weights(self) -> Float[np.ndarray, "post pre"]:
        """Weights W with their diagonal, shape ``(post, pre)``, not multiplied by the strength."""
        connected, sizes = self._connections()
        weights = np.where(connected, self._means() * sizes, 0.0)
        np.fill_diagonal(weights, _SELF)
        return weights

    @property
    def threshold(self) -> float:
        """Threshold of the threshold-crossing model, tuned for the default parameters."""
        return self._tuned(SPARSE_THRESHOLDS).threshold

    @property
    def lnp_threshold(self) -> float:
        """Threshold of the linear-nonlinear-Poisson model, tuned for the default parameters."""
        return self._tuned(SPARSE_THRESHOLDS).lnp_threshold

    def _connections(
        self,
    ) -> tuple[Bool[np.ndarray, "post pre"], Float[np.ndarray, "post pre"]]:
        """Return which pairs are connected, and sizes whose mean is one."""
        rng = np.random.default_rng(self.wiring_seed)
        shape = self.n_neurons, self.n_neurons
        connected = rng.random(shape) < self.density
        return connected, rng.lognormal(-(_SPREAD**2) / 2, _SPREAD, shape)

    def _means(self) -> Float[np.ndarray, " pre"]:
        """Return the mean weight of the connections of each presynaptic neuron."""
        return np.full(self.n_neurons, _MEAN)

    def _tuned(self, thresholds: Thresholds) -> Thresholds:
        if (self.strength, self.density) != (thresholds.strength, _DENSITY):
            raise ValueError(
                f"thresholds are tuned for the strength {thresholds.strength} and the "
                f"density {_DENSITY}, got {self.strength} and {self.density}; "
                "pass `threshold` to `simulate` (--threshold)"
            )
        return thresholds


@dataclass(frozen=True, slots=True)
class ExcitatoryInhibitoryNetwork(SparseNetwork):
    """A sparse network in which a neuron excites all its targets, or inhibits them all.

    The last fifth of the neurons is inhibitory, the others are excitatory (Dale's law). Inhibitory
    connections are six times as strong, so that inhibition prevails.

    Parameters
    ----------
    strength, n_neurons, drive, noise, tau, dt, gain, density, wiring_seed
        As for :class:`SparseNetwork`; the default strength is chosen in the same way.

    References
    ----------
    Brunel (2000), doi:10.1023/A:1008925309027, for networks in which inhibition prevails.
    """

    strength: float = 0.005

    @property
    def threshold(self) -> float:
        """Threshold of the threshold-crossing model, tuned for the default parameters."""
        return self._tuned(DALE_THRESHOLDS).threshold

    @property
    def lnp_threshold(self) -> float:
        """Threshold of the linear-nonlinear-Poisson model, tuned for the default parameters."""
        return self._tuned(DALE_THRESHOLDS).lnp_threshold

    def _means(self) -> Float[np.ndarray, " pre"]:
        n_inhibitory = round(_INHIBITORY * self.n_neurons)
        means = np.full(self.n_neurons, _EXCITATION)
        means[self.n_neurons - n_inhibitory :] = _INHIBITION
        return means
