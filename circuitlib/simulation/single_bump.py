"""A ring on which one bump of activity forms: weight profile II."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from circuitlib.simulation.networks import CirculantNetwork, Thresholds

#: Thresholds at the default strength, found by bisection for a mean rate of 62.5 Hz while a
#: sinusoid drives the bump.
SINGLE_BUMP_THRESHOLDS = Thresholds(0.025, 6.88e-4, -3.8e-5)
#: Weights: their size, the part that is taken away in the centre, and the widths of centre and
#: surround in neurons.
_SIZE, _CENTRE, _NARROW, _WIDE = 8.42e-4, 0.85, 14.0, 100.0


@dataclass(frozen=True, slots=True)
class SingleBumpNetwork(CirculantNetwork):
    r"""A ring with broad inhibition that is weaker between neighbours, so that one bump forms.

    .. math:: W_{ij} = -c \left[1 - \beta\, e^{-d^2 / 2 s_1^2}\right] e^{-d^2 / 2 s_2^2}

    with :math:`d` the circular distance in neurons. The paper gives no formula of its second weight
    profile, which it describes as excitation at small distances in broad inhibition with one bump;
    this is our choice, made before any weights were inferred. Its centre is less inhibited rather
    than excited: with excitation a few neurons run away in the threshold-crossing model, and with
    :math:`\beta = 0.9` one still fires at more than 1 kHz now and then.

    Parameters
    ----------
    strength, n_neurons, drive, noise, tau, dt, gain
        As for :class:`circuitlib.simulation.networks.Network`.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 4.3.
    """

    @property
    def profile(self) -> Float[np.ndarray, " neurons"]:
        """Weight against circular distance 0, 1, ..., N - 1 (not multiplied by the strength)."""
        centre = np.exp(-(self.distance**2) / (2 * _NARROW**2))
        surround = np.exp(-(self.distance**2) / (2 * _WIDE**2))
        return np.asarray(-_SIZE * (1 - _CENTRE * centre) * surround)

    @property
    def threshold(self) -> float:
        """Threshold of the threshold-crossing model, tuned for the default parameters."""
        return self._tuned(SINGLE_BUMP_THRESHOLDS.threshold)

    @property
    def lnp_threshold(self) -> float:
        """Threshold of the linear-nonlinear-Poisson model, tuned for the default parameters."""
        return self._tuned(SINGLE_BUMP_THRESHOLDS.lnp_threshold)

    def _tuned(self, threshold: float) -> float:
        if (self.strength, self.n_neurons) != (SINGLE_BUMP_THRESHOLDS.strength, 100):
            raise ValueError(
                f"thresholds are tuned for the strength {SINGLE_BUMP_THRESHOLDS.strength} and 100 "
                f"neurons, got {self.strength} and {self.n_neurons}; pass `threshold` to "
                "`simulate` (--threshold)"
            )
        return threshold
