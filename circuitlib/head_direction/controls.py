"""Head-direction cells without coupling: a simulated stand-in, and controls of a recording."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.signal import lfilter

from circuitlib._seeding import streams
from circuitlib.head_direction.coupled import coupled_counts
from circuitlib.head_direction.decoding import decoded_angle
from circuitlib.head_direction.excitability import preferred_lags, slow_gain, tuned_counts
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import TAU, wrap
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.surrogates import shifted

#: Statistics of the stand-in's head movement: angular velocity (rad/s) and its memory (s).
VELOCITY_SD = 2.0
VELOCITY_TAU = 0.1


def simulate_stand_in(
    seed: int = 0, duration: float = 2100.0, n_neurons: int = 19, dt: float = 10e-3
) -> HeadDirectionRecording:
    """Simulate head-direction cells that are driven by the head angle and coupled to nobody.

    The head turns with a random angular velocity (an Ornstein-Uhlenbeck process with the standard
    deviation and memory of a foraging mouse). Each cell has a von Mises tuning curve, a peak rate
    with a median of 13 Hz, and fires independent Poisson counts. About half of the preferred
    directions crowd into one quarter of the circle, as they do in the mouse. Nothing found in such
    data can be a connection: what a method infers from it comes from the shared head angle.

    Parameters
    ----------
    seed
        Seed of everything random.
    duration
        Length in seconds.
    n_neurons
        Number of cells.
    dt
        Bin width in seconds.

    Returns
    -------
    HeadDirectionRecording
        With ``is_stand_in`` set.

    Raises
    ------
    ValueError
        If the duration is shorter than a bin or there is no neuron.
    """
    n_bins = round(duration / dt)
    if n_bins < 1:
        raise ValueError(f"`duration` must be at least one bin of {dt:g} s, got {duration:g} s")
    if n_neurons < 1:
        raise ValueError(f"`n_neurons` must be at least 1, got {n_neurons}")
    movement, cells, noise = streams(seed, 3)
    angle = wrap(movement.uniform(0, TAU) + np.cumsum(_velocity(n_bins, dt, movement)) * dt)

    crowded = cells.random(n_neurons) < 0.5
    preferred = np.where(
        crowded, cells.vonmises(-2.0, 4.0, n_neurons), cells.uniform(0, TAU, n_neurons)
    )
    sharpness = cells.uniform(1.5, 5.0, n_neurons)
    peak = 13.0 * np.exp(0.5 * cells.standard_normal(n_neurons))  # Hz
    curve = np.exp(sharpness * (np.cos(angle[:, None] - preferred) - 1))  # (time, neurons)
    counts = _poisson_counts(peak * (0.02 + 0.98 * curve) * dt, noise)
    source = f"simulated stand-in (seed {seed}): uncoupled Poisson cells, not an animal"
    return HeadDirectionRecording(Spikes(counts, dt), angle, source, is_stand_in=True)


def uncoupled_control(
    recording: HeadDirectionRecording,
    seed: int = 0,
    *,
    anticipation: bool = False,
    excitability: float | None = None,
    internal: float | None = None,
    coupling: Float[np.ndarray, "post pre"] | None = None,
    tau: float = 0.1,
) -> HeadDirectionRecording:
    r"""Replace the cells by independent Poisson cells with the same tuning, on the same head path.

    What a method still infers from this control is due to what all cells follow, the head angle,
    and not to connections. Each cell fires

    .. math:: n_i^t \sim \mathrm{Poisson}\big( g_i^t f_i(\theta^{t + l_i}) \, \Delta t \big),

    with the recorded tuning curve :math:`f_i`. Lag :math:`l_i` and gain :math:`g_i` are 0 and 1
    unless asked for; no cell sees another one.

    Parameters
    ----------
    recording
        The recording whose tuning curves, angle, bins and runs are taken over.
    seed
        Seed of the spikes.
    anticipation
        Let each cell follow the angle at its own lag, the one at which the angle explains its
        spikes best; see :func:`circuitlib.head_direction.excitability.preferred_lags`.
    excitability
        Seconds over which each cell keeps the slow gain that it has in the recording; see
        :func:`circuitlib.head_direction.excitability.slow_gain`. None for none.
    internal
        Let all cells follow one and the same *internal* angle in place of the measured one: that
        which they tell in the recording within so many seconds, see
        :func:`circuitlib.head_direction.decoding.decoded_angle`. The control still comes with the
        measured angle. Errors of decoding come on top of what the angles differ by, so the control
        shows the most that such an angle can do. None for the measured angle.
    coupling
        For a *positive* control, in which there are connections to be found: log rate that a spike
        of the presynaptic cell adds right after it, shape ``(post, pre)``. Rates are scaled so
        that each cell fires as often as without it.
    tau
        Time constant of that effect in seconds.

    Returns
    -------
    HeadDirectionRecording
        Same bins, runs, angle and number of cells.
    """
    spikes, followed = recording.spikes, recording
    if internal is not None:
        followed = replace(recording, angle=decoded_angle(recording, internal))
    expected = tuned_counts(followed, preferred_lags(followed) if anticipation else None)
    if excitability is not None:
        expected *= slow_gain(spikes, expected, excitability)
    (rng,) = streams(seed, 1)
    if coupling is None:
        counts = _poisson_counts(expected, rng)
    else:
        counts = coupled_counts(expected, coupling, np.exp(-spikes.dt / tau), spikes.starts, rng)
    control = replace(spikes, counts=counts)
    kind = "uncoupled control" if coupling is None else "positive control"
    source = f"{kind} (seed {seed}) of {recording.source}"
    return replace(recording, spikes=control, source=source, sha256=None, sleep={})


def shuffle_control(recording: HeadDirectionRecording, seed: int = 0) -> HeadDirectionRecording:
    """Shift each cell's train circularly by its own large time.

    Each train keeps its rate and its own rhythm, while coupling between cells and the shared head
    angle are both destroyed; see :func:`circuitlib.recordings.surrogates.shifted`.

    Parameters
    ----------
    recording
        The recording.
    seed
        Seed of the shifts.

    Returns
    -------
    HeadDirectionRecording
        Same bins, runs, angle and number of spikes of each cell.

    Raises
    ------
    ValueError
        If the recording has too few bins to move every cell by another time.
    """
    shuffled = shifted(recording.spikes, seed)
    source = f"shuffled control (seed {seed}) of {recording.source}"
    return replace(recording, spikes=shuffled, source=source, sha256=None, sleep={})


def _velocity(n_bins: int, dt: float, rng: np.random.Generator) -> Float[np.ndarray, " time"]:
    """Draw a stationary Ornstein-Uhlenbeck angular velocity in rad/s."""
    keep = np.exp(-dt / VELOCITY_TAU)
    noise = rng.standard_normal(n_bins) * VELOCITY_SD
    noise[1:] *= np.sqrt(1 - keep**2)
    return np.asarray(lfilter([1.0], [1.0, -keep], noise))


def _poisson_counts(
    expected: Float[np.ndarray, "time neurons"], rng: np.random.Generator
) -> np.ndarray:
    """Draw Poisson counts as bytes."""
    return np.minimum(rng.poisson(expected), 255).astype(np.uint8)
