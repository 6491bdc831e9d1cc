"""Simulate a network spike by spike."""

import numpy as np

from circuitlib.recordings.angle import Angle
from circuitlib.recordings.spikes import Spikes
from circuitlib.simulation.described import whole
from circuitlib.simulation.dynamics import Dynamics, Noise, Spiking
from circuitlib.simulation.effort import check_memory, memory_for_counts, memory_for_spikes
from circuitlib.simulation.loops import simulate_chunks
from circuitlib.simulation.networks import Network
from circuitlib.simulation.record import Simulation
from circuitlib.simulation.steering import DIRECT, Steering, shifts_of


def simulate(
    network: Network,
    duration: float = 480.0,
    spiking: Spiking = "threshold",
    noise: Noise = "sparse",
    seed: int = 0,
    burn_in: float = 1.0,
    threshold: float | None = None,
    progress: bool = False,
    angle: Angle | None = None,
    steering: Steering = DIRECT,
) -> Simulation:
    r"""Simulate spikes of a network.

    The synaptic activation :math:`s` decays with ``network.tau`` and grows by one at each spike.
    With the input :math:`g = r W s + b`, the threshold-crossing model spikes where
    :math:`g + b \xi > \theta`; the linear-nonlinear-Poisson model draws
    :math:`\mathrm{Poisson}(\mathrm{gain} \cdot \max(g - \theta, 0))` spikes per step, and the
    exponential model
    :math:`\mathrm{Poisson}(\mathrm{gain} \cdot c \, e^{(g - \theta) / c})` with :math:`c = b / 4`.

    Parameters
    ----------
    network
        The network.
    duration
        Recorded time in seconds.
    spiking
        ``"threshold"``, ``"lnp"`` or ``"exponential"``.
    noise
        ``"sparse"``: in 6.7 % of steps a neuron's input is perturbed by a normal variable of
        standard deviation ``network.noise * network.drive``, as in the authors' code.
        ``"dense"``: in every step.
    seed
        Seed of all random numbers.
    burn_in
        Seconds simulated before the recording starts.
    threshold
        Threshold :math:`\theta`; the tuned value of the strength sweep if not given.
    progress
        Show a progress bar, and say how long it will take if that is long.
    angle
        An external input for the recorded time, which moves the activity of a ring; none before.
    steering
        How the network reads it.

    Returns
    -------
    Simulation
        The spike times, with the network and the input.

    Raises
    ------
    ValueError
        If a setting is out of range, the angle does not fit, the network falls silent or its
        activity runs away, or the spikes would not fit into the memory of the machine.

    References
    ----------
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2; Yoon (2025), arXiv:2509.17174, section 4.
    """
    dynamics = Dynamics.of(network, spiking, noise, threshold)
    _check_times(network, duration, burn_in)
    memory = memory_for_spikes(network.n_neurons, duration)
    check_memory(
        memory,
        f"the spikes of {network.n_neurons} neurons in {duration:g} s",
        "choose a shorter duration, or count in bins with `simulate_counts`",
    )
    seed = whole("seed", seed)
    shifts = shifts_of(network, angle, steering, duration)
    chunks = list(
        simulate_chunks(network, dynamics, duration, seed, burn_in, memory, progress, shifts)
    )
    step = np.concatenate([step for step, _ in chunks])
    neuron = np.concatenate([neuron for _, neuron in chunks])
    if len(step) == 0:
        raise _silence(dynamics)
    order = np.argsort(neuron, kind="stable")  # in each neuron the steps keep their order
    offsets = np.concatenate(([0], np.cumsum(np.bincount(neuron, minlength=network.n_neurons))))
    times = (step[order] + 0.5) * network.dt
    recorded = round(duration / network.dt) * network.dt
    return Simulation(
        times,
        offsets,
        recorded,
        network,
        dynamics,
        seed,
        burn_in,
        steering=None if angle is None else steering,
        angle=angle and angle.between(0.0, recorded),
    )


def simulate_counts(
    network: Network,
    duration: float,
    dt: float,
    spiking: Spiking = "threshold",
    noise: Noise = "sparse",
    seed: int = 0,
    burn_in: float = 1.0,
    threshold: float | None = None,
    progress: bool = False,
    angle: Angle | None = None,
    steering: Steering = DIRECT,
) -> Spikes:
    """Simulate counts in bins of `dt` seconds and forget the spike times.

    The counts are those of ``simulate(...).binned(dt)``, but memory grows with the number of bins
    and not with that of spikes, for recordings of many hours.

    Parameters
    ----------
    network, duration, spiking, noise, seed, burn_in, threshold, progress, angle, steering
        As for :func:`simulate`.
    dt
        Bin width in seconds, a whole multiple of ``network.dt``.

    Returns
    -------
    Spikes
        The counts.

    Raises
    ------
    ValueError
        As :func:`simulate`, or if `dt` does not fit or a bin holds more than 255 spikes.
    """
    dynamics = Dynamics.of(network, spiking, noise, threshold)
    _check_times(network, duration, burn_in)
    per_bin = round(dt / network.dt)
    if per_bin < 1 or abs(per_bin - dt / network.dt) > 1e-6 * per_bin:
        raise ValueError(f"`dt` must be a whole multiple of {network.dt:g} s, got {dt}")
    memory = memory_for_counts(network.n_neurons, duration / dt)
    check_memory(
        memory,
        f"the counts of {network.n_neurons} neurons in {duration:g} s",
        "choose a shorter duration or wider bins",
    )
    seed = whole("seed", seed)
    shape = (round(duration / network.dt) // per_bin, network.n_neurons)
    counts = np.zeros(shape, dtype=np.uint8)
    flat = counts.ravel()
    shifts = shifts_of(network, angle, steering, duration)
    for step, neuron in simulate_chunks(
        network, dynamics, duration, seed, burn_in, memory, progress, shifts
    ):
        cell = step // per_bin * network.n_neurons + neuron
        cell, number = np.unique(cell[cell < flat.size], return_counts=True)
        if len(cell) == 0:
            continue
        # A bin that reaches into the next chunk goes on counting there.
        number += flat[cell]
        if number.max() > 255:
            raise ValueError(f"more than 255 spikes in a bin of {dt:g} s; use narrower bins")
        flat[cell] = number
    if not counts.any():
        raise _silence(dynamics)
    n_bins = np.array([len(counts)])
    return Spikes(counts, dt, angle=angle and angle.in_bins(np.zeros(1), n_bins, dt))


def _check_times(network: Network, duration: float, burn_in: float) -> None:
    if not (np.isfinite(duration) and duration >= network.dt):
        raise ValueError(
            f"`duration` must be at least one step of {network.dt:g} s, got {duration}"
        )
    if not (np.isfinite(burn_in) and burn_in >= 0):
        raise ValueError(f"`burn_in` in seconds must be zero or positive, got {burn_in}")


def _silence(dynamics: Dynamics) -> ValueError:
    return ValueError(
        f"the network is silent: no input reaches the threshold {dynamics.threshold:g}"
    )
