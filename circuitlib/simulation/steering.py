"""How an external angle steers the activity of a ring: it shifts what the weights read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int

from circuitlib.recordings.angle import Angle
from circuitlib.recordings.arguments import one_number
from circuitlib.simulation.described import by_name, check_names
from circuitlib.simulation.networks import CirculantNetwork, Network

Rounding = Literal["nearest", "floor"]
#: Gives the shifts of the weights in the steps from one to another, or none if there is no input.
ShiftsBetween = Callable[[int, int], np.ndarray]


@dataclass(frozen=True, slots=True)
class Steering:
    r"""How an external angle becomes a shift of the weights.

    Neuron `i` reads the weights at an index that is shifted by

    .. math:: m = \left[ \frac{N g \theta}{2 \pi} \right]

    neurons, so it receives what neuron `i - m` would receive without input. The bumps then travel:
    a constant shift is a velocity of about `m` neurons in each synaptic time constant.

    Parameters
    ----------
    gain
        g. With 1 the shift is the angle itself.
    rounding
        ``"nearest"`` whole number, or ``"floor"`` as the paper's formula reads. The latter adds
        half a neuron on average, and with it a steady velocity.

    Raises
    ------
    ValueError
        If the gain is not finite.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 4.2 and appendix G.
    """

    gain: float = 1.0
    rounding: Rounding = "nearest"

    def __post_init__(self) -> None:
        if not np.isfinite(self.gain):
            raise ValueError(f"`gain` must be finite, got {self.gain}")

    def shifts(
        self, angle: Float[np.ndarray, " times"], n_neurons: int
    ) -> Int[np.ndarray, " times"]:
        """Return the shift of the weights in whole neurons at each of some angles (radians)."""
        exact = n_neurons * self.gain * angle / (2 * np.pi)
        whole = np.floor(exact) if self.rounding == "floor" else np.rint(exact)
        return whole.astype(np.int64)


#: The shift of the weights is the angle itself.
DIRECT = Steering()


def steering_from(settings: object) -> Steering:
    """Make the steering that a file describes.

    Raises
    ------
    ValueError
        If it is not described in full, by anything else, or by a value out of range.
    """
    given = by_name("steering", settings)
    check_names("steering", given, {"gain", "rounding"})
    gain, rounding = one_number("gain", given["gain"]), given["rounding"]
    if rounding not in get_args(Rounding):
        raise ValueError(f"`rounding` must be one of {get_args(Rounding)}, got {rounding!r:.60}")
    return Steering(gain, rounding)


def shifts_of(
    network: Network, angle: Angle | None, steering: Steering, duration: float
) -> ShiftsBetween:
    """Tell by how much an angle shifts the weights of a network in each step.

    Parameters
    ----------
    network
        The network.
    angle, steering
        The angle, which may be None, and how the network reads it.
    duration
        Seconds for which the angle is needed. In steps before its start nothing is shifted.

    Raises
    ------
    ValueError
        If the neurons of the network do not lie on a ring, or the angle is too short.
    """
    if angle is None:
        return lambda first, last: np.zeros(0, dtype=np.int64)
    if not isinstance(network, CirculantNetwork):
        raise ValueError(
            "an angle shifts weights along a ring; choose a ring network, or leave the angle out"
        )
    if angle.duration < duration - angle.dt / 2:
        raise ValueError(
            f"`angle` lasts {angle.duration:g} s, but the simulation {duration:g} s (--duration)"
        )

    def between(first: int, last: int) -> np.ndarray:
        steps = np.arange(first, last)
        shifts = steering.shifts(angle.at((steps + 0.5) * network.dt), network.n_neurons)
        return np.where(steps < 0, 0, shifts)

    return between
