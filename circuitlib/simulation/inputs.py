"""Angles that drive a simulated circuit from outside."""

import numpy as np
from scipy.signal import lfilter

from circuitlib.recordings.angle import Angle
from circuitlib.recordings.arguments import one_number, seconds
from circuitlib.simulation.described import whole


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
    decay = np.exp(-dt / seconds("time_constant", time_constant))
    rng = np.random.default_rng(whole("seed", seed))
    steps = rng.normal(size=len(_grid(duration, dt)))
    steps[1:] *= np.sqrt(1 - decay**2)
    return Angle(one_number("sd", sd) * lfilter([1.0], [1.0, -decay], steps), dt)


def _grid(duration: float, dt: float) -> np.ndarray:
    dt = seconds("dt", dt)
    return dt * np.arange(max(round(seconds("duration", duration) / dt), 1))
