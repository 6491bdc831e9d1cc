"""The networks: a ring with its tuned strength sweep, and a network without geometry."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

#: Seconds of the shortest step: a tenth of the usual one.
_SHORTEST_STEP = 1e-5


class Thresholds(NamedTuple):
    """Thresholds that keep the mean inter-spike interval at 16 ms for one recurrent strength."""

    strength: float
    threshold: float
    lnp_threshold: float


#: The strength sweep of Das & Fiete (2020), doi:10.1038/s41593-020-0699-2.
SWEEP = (
    Thresholds(0.0005, 1.378e-3, 7.86e-4),
    Thresholds(0.0025, 1.304e-3, 7.13e-4),
    Thresholds(0.005, 1.213e-3, 6.21e-4),
    Thresholds(0.0075, 1.123e-3, 5.29e-4),
    Thresholds(0.010, 1.033e-3, 4.37e-4),
    Thresholds(0.0125, 9.50e-4, 3.45e-4),
    Thresholds(0.015, 8.86e-4, 2.55e-4),
    Thresholds(0.0175, 8.47e-4, 1.80e-4),
    Thresholds(0.020, 8.08e-4, 1.17e-4),
    Thresholds(0.0225, 7.70e-4, 5.8e-5),
    Thresholds(0.025, 7.35e-4, 0.0),
)

#: Threshold of the exponential model at the strongest recurrent strength, found by bisection for a
#: mean rate of 62 Hz.
EXPONENTIAL_THRESHOLD = 2.91e-4
#: Width of the ring's profile in neurons.
RING_WIDTH = 7.0

#: As above for :class:`RandomNetwork`, found by bisection for a mean rate of 62 Hz.
RANDOM_THRESHOLDS = Thresholds(0.015, 9.01e-4, 2.83e-4)


@dataclass(frozen=True, slots=True)
class Network(ABC):
    """What every simulated network has, whatever its weights.

    Parameters
    ----------
    strength
        Recurrent strength r, which multiplies the weights in the dynamics.
    n_neurons
        Number of neurons N.
    drive
        Uniform feed-forward drive b.
    noise
        Standard deviation of the input noise relative to `drive` (threshold-crossing model).
    tau
        Synaptic time constant in seconds.
    dt
        Time step of the simulation in seconds.
    gain
        Spikes per step and unit of input above threshold (Poisson models).

    Raises
    ------
    ValueError
        If a parameter is not positive, a step too short, or there are fewer than two neurons.
    """

    strength: float = 0.025
    n_neurons: int = 100
    drive: float = 1e-3
    noise: float = 0.3
    tau: float = 10e-3
    dt: float = 1e-4
    gain: float = 32.0

    def __post_init__(self) -> None:
        if self.n_neurons < 2:
            raise ValueError(f"a network needs at least two neurons, got {self.n_neurons}")
        for name in ("strength", "drive", "tau", "dt", "gain"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"`{name}` must be positive, got {value}")
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise ValueError(f"`noise` must be zero or positive, got {self.noise}")
        if self.dt < _SHORTEST_STEP:
            raise ValueError(f"`dt` must be at least {_SHORTEST_STEP:g} s, got {self.dt:g} s")
        if self.dt >= self.tau:
            raise ValueError(f"`dt` ({self.dt:g} s) must be shorter than `tau` ({self.tau:g} s)")

    @property
    @abstractmethod
    def weights(self) -> Float[np.ndarray, "post pre"]:
        """Weights W with their diagonal, shape ``(post, pre)``, not multiplied by the strength."""

    @property
    def bump_spacing(self) -> int | None:
        """Distance between neighbouring bumps in neurons; None without a ring."""
        return None

    @property
    @abstractmethod
    def threshold(self) -> float:
        """Tuned threshold of the threshold-crossing model."""

    @property
    @abstractmethod
    def lnp_threshold(self) -> float:
        """Tuned threshold of the linear-nonlinear-Poisson model."""

    @property
    def exponential_threshold(self) -> float:
        """Tuned threshold of the exponential model."""
        raise ValueError(
            "no threshold of the exponential model is tuned for this network; "
            "pass `threshold` to `simulate` (--threshold)"
        )


@dataclass(frozen=True, slots=True)
class CirculantNetwork(Network):
    """Neurons on a ring whose weights depend on their distance only.

    The parameters are those of :class:`Network`.
    """

    @property
    @abstractmethod
    def profile(self) -> Float[np.ndarray, " neurons"]:
        """Weight against circular distance 0, 1, ..., N - 1 (not multiplied by the strength)."""

    @property
    def weights(self) -> Float[np.ndarray, "post pre"]:
        """Weights W with their diagonal, shape ``(post, pre)``, not multiplied by the strength."""
        index = np.arange(self.n_neurons)
        return np.asarray(self.profile[(index[:, None] - index[None, :]) % self.n_neurons])

    @property
    def distance(self) -> Float[np.ndarray, " neurons"]:
        """Circular distance of offsets 0, 1, ..., N - 1, in neurons."""
        offset = np.arange(self.n_neurons, dtype=float)
        return np.asarray(np.minimum(offset, self.n_neurons - offset))

    @property
    def n_bumps(self) -> int:
        """Number of activity bumps: the Fourier mode that the weights inhibit least."""
        spectrum = np.fft.rfft(self.profile).real
        return int(spectrum[1:].argmax()) + 1

    @property
    def bump_spacing(self) -> int:
        """Distance between neighbouring bumps, in neurons; N if there is one only."""
        return round(self.n_neurons / self.n_bumps)


@dataclass(frozen=True, slots=True)
class RingNetwork(CirculantNetwork):
    r"""A ring of neurons with purely inhibitory, translation-invariant weights.

    .. math:: W_{ij} = e^{-d^2 / 2 s_1^2} - a\, e^{-d^2 / 2 s_2^2}

    with :math:`d` the circular distance between neurons `i` and `j`, in neurons.

    Parameters
    ----------
    strength, n_neurons, drive, noise, tau, dt, gain
        As for :class:`Network`.
    width
        :math:`s_2` in neurons, 7 in the paper. The profile is stretched with it, and scaled so that
        the total inhibition of a neuron stays: other widths give more or fewer bumps.

    Raises
    ------
    ValueError
        If `width` is not positive.

    References
    ----------
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2; Yoon (2025), arXiv:2509.17174, section 4.
    """

    width: float = RING_WIDTH

    def __post_init__(self) -> None:
        super(RingNetwork, self).__post_init__()
        if not (np.isfinite(self.width) and self.width > 0):
            raise ValueError(f"`width` in neurons must be positive, got {self.width}")

    @property
    def profile(self) -> Float[np.ndarray, " neurons"]:
        """Weight against circular distance 0, 1, ..., N - 1 (not multiplied by the strength)."""
        stretch = self.width / RING_WIDTH
        distance = self.distance / stretch
        narrow = np.exp(-(distance**2) / (2 * 6.98**2))
        wide = np.exp(-(distance**2) / (2 * 7.00**2))
        return np.asarray((narrow - 1.0005 * wide) / stretch)

    @property
    def threshold(self) -> float:
        """Threshold of the threshold-crossing model, from the sweep (linear between its rows)."""
        return self._from_sweep([row.threshold for row in SWEEP])

    @property
    def lnp_threshold(self) -> float:
        """Threshold of the linear-nonlinear-Poisson model, from the sweep."""
        return self._from_sweep([row.lnp_threshold for row in SWEEP])

    @property
    def exponential_threshold(self) -> float:
        """Threshold of the exponential model, tuned for the strongest recurrent strength."""
        if self.strength != SWEEP[-1].strength:
            return super(RingNetwork, self).exponential_threshold
        return EXPONENTIAL_THRESHOLD

    def _from_sweep(self, column: list[float]) -> float:
        strengths = [row.strength for row in SWEEP]
        if not strengths[0] <= self.strength <= strengths[-1]:
            raise ValueError(
                f"thresholds are tuned for strengths {strengths[0]} to {strengths[-1]}, "
                f"got {self.strength}; pass `threshold` to `simulate` (--threshold)"
            )
        return float(np.interp(self.strength, strengths, column))


@dataclass(frozen=True, slots=True)
class RandomNetwork(Network):
    """The weights of a ring, dealt out at random to the pairs of neurons: no geometry is left.

    The weights stay symmetric and inhibitory, with the diagonal of the ring. At the strength of the
    strongest ring a few neurons would silence all others, so the default is the strongest of the
    sweep at which every neuron fires with at least 10 Hz. Its thresholds are tuned to 62 Hz.

    Parameters
    ----------
    strength, n_neurons, drive, noise, tau, dt, gain
        As for :class:`Network`.
    wiring_seed
        Seed of the dealing.
    """

    strength: float = 0.015
    wiring_seed: int = 0

    @property
    def weights(self) -> Float[np.ndarray, "post pre"]:
        """Weights W with their diagonal, shape ``(post, pre)``, not multiplied by the strength."""
        ring = RingNetwork(n_neurons=self.n_neurons).weights
        pairs = np.triu_indices(self.n_neurons, 1)
        weights = np.diag(np.diagonal(ring))
        weights[pairs] = np.random.default_rng(self.wiring_seed).permutation(ring[pairs])
        return weights + np.triu(weights, 1).T

    @property
    def threshold(self) -> float:
        """Threshold of the threshold-crossing model, tuned for the default parameters."""
        return self._tuned(RANDOM_THRESHOLDS.threshold)

    @property
    def lnp_threshold(self) -> float:
        """Threshold of the linear-nonlinear-Poisson model, tuned for the default parameters."""
        return self._tuned(RANDOM_THRESHOLDS.lnp_threshold)

    def _tuned(self, threshold: float) -> float:
        if self.strength != RANDOM_THRESHOLDS.strength:
            raise ValueError(
                f"thresholds are tuned for the strength {RANDOM_THRESHOLDS.strength}, "
                f"got {self.strength}; pass `threshold` to `simulate`"
            )
        return threshold
