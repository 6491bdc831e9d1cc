"""Angles that drive a simulated circuit from outside."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from circuitlib.recordings.angle import Angle
from circuitlib.recordings.arguments import one_number, seconds
from circuitlib.simulation.described import whole
from circuitlib.simulation.steering import Rounding, Steering

#: Shapes of an input.
Shape = Literal["sinusoid", "ornstein-uhlenbeck"]


@dataclass(frozen=True, slots=True)
class Input:
    """An input in the units of the ring that it drives, by the name of its shape.

    Parameters
    ----------
    shape
        ``"sinusoid"`` or ``"ornstein-uhlenbeck"``.
    size
        Amplitude or standard deviation of the shift in neurons. Up to 1.5 neurons a bump keeps its
        rates; with 3 and more bumps dissolve.
    time
        Period or time constant in seconds.
    rounding
        See :class:`circuitlib.simulation.steering.Steering`.
    """

    shape: Shape = "sinusoid"
    size: float = 1.49
    time: float = 4.0
    rounding: Rounding = "nearest"

    @property
    def steering(self) -> Steering:
        """How the network reads the angle."""
        return Steering(rounding=self.rounding)

    def angle(self, n_neurons: int, duration: float, seed: int = 0) -> Angle:
        """Make the angle for a ring of so many neurons, and so many seconds.

        The seed is that of an input that is random.
        """
        radians = 2 * np.pi / n_neurons * self.size
        if self.shape == "sinusoid":
            return sinusoid(radians, self.time, duration)
        return ornstein_uhlenbeck(radians, self.time, duration, seed)


def sinusoid(amplitude: float, period: float, duration: float, dt: float = 1e-3) -> Angle:
    """Make an angle that swings like a sine.

    Parameters
    ----------
    amplitude
        Radians.
    period, duration
        Seconds.
    dt
        Seconds between samples.

    Raises
    ------
    ValueError
        If a time is not positive, or the amplitude not finite.
    """
    period = seconds("period", period)
    turns = _grid(duration, dt) / period
    return Angle(one_number("amplitude", amplitude) * np.sin(2 * np.pi * turns), dt)


def ornstein_uhlenbeck(
    sd: float, time_constant: float, duration: float, seed: int = 0, dt: float = 1e-3
) -> Angle:
    """Make an angle that wanders about zero: an Ornstein-Uhlenbeck process in its steady state.

    Parameters
    ----------
    sd
        Standard deviation in radians.
    time_constant, duration
        Seconds.
    seed
        Seed of the process.
    dt
        Seconds between samples.

    Raises
    ------
    ValueError
        If a time is not positive, or the standard deviation not finite.
    """
    from scipy.signal import lfilter  # takes a while to load

    decay = np.exp(-dt / seconds("time_constant", time_constant))
    rng = np.random.default_rng(whole("seed", seed))
    steps = rng.normal(size=len(_grid(duration, dt)))
    steps[1:] *= np.sqrt(1 - decay**2)
    return Angle(one_number("sd", sd) * lfilter([1.0], [1.0, -decay], steps), dt)


def _grid(duration: float, dt: float) -> np.ndarray:
    dt = seconds("dt", dt)
    return dt * np.arange(max(round(seconds("duration", duration) / dt), 1))
