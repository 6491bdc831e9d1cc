"""The best possible prediction of a simulated recording: the rates of its own generator."""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Float
from numba import njit

from circuitlib.metrics import bits_per_spike
from circuitlib.simulation.dynamics import SPARSE_CUT
from circuitlib.simulation.effort import check_memory
from circuitlib.simulation.loops import columns_of, poisson_rate
from circuitlib.simulation.record import Simulation
from circuitlib.simulation.steering import DIRECT, shifts_of

#: Expected spikes per step below which a neuron's effect on the rest of the bin is left out.
_NEGLIGIBLE = 1e-5


def true_rates(
    simulation: Simulation, dt: float, start: float = 0.0
) -> Float[np.ndarray, "time neurons"]:
    """Give the expected counts per bin under the model that made the recording.

    Each bin is predicted from all spikes before it. The spikes within the bin, which nobody could
    know, enter by the mean of the input that they bring (in Poisson models also by its variance).
    For bins of one simulated step this is exact.

    Parameters
    ----------
    simulation
        The recording.
    dt
        Bin width in seconds, a whole multiple of the simulation's step.
    start
        Only bins from this time on (seconds) are returned.

    Returns
    -------
    array
        Expected spikes per bin, shape ``(time, neurons)``. In the first 0.1 s of the recording
        they are too high, because the inhibition left by what came before is missing.

    Raises
    ------
    ValueError
        If `dt` is not a whole multiple of the simulation's step, the bins are too many, or some
        neurons were not observed, on whose spikes the rates depend.
    """
    if not simulation.is_whole:
        raise ValueError(
            "the true rates depend on neurons that were not observed; give the whole recording"
        )
    network = simulation.network
    per_bin = round(dt / network.dt)
    if per_bin < 1 or abs(per_bin - dt / network.dt) > 1e-6 * per_bin:
        raise ValueError(f"`dt` must be a whole multiple of {network.dt:g} s, got {dt}")
    n_bins = int(simulation.duration / dt + 1e-6)
    first = round(start / dt)
    check_memory(
        8.0 * (n_bins - first) * network.n_neurons,
        f"the rates of {network.n_neurons} neurons in {n_bins - first} bins",
        "choose wider bins or a later start",
    )
    neuron = np.repeat(np.arange(simulation.n_neurons), np.diff(simulation.offsets))
    order = np.argsort(simulation.times, kind="stable")
    step, neuron = (simulation.times[order] / network.dt).astype(np.int64), neuron[order]
    rates = np.zeros((n_bins - first, network.n_neurons))
    steering = simulation.steering or DIRECT
    shifts = shifts_of(network, simulation.angle, steering, 0.0)(0, n_bins * per_bin)
    _expect(step, neuron, columns_of(network), per_bin, first, simulation.dynamics, shifts, rates)
    return rates


def oracle_bits_per_spike(simulation: Simulation, dt: float, start: float = 0.1) -> float:
    """Return the bits per spike of the true rates from `start` (seconds) on, in bins of `dt`."""
    first = round(start / dt) * dt
    rates = true_rates(simulation, dt, start)
    return bits_per_spike(simulation.between(first, simulation.duration).binned(dt).counts, rates)


@njit(cache=True)
@no_type_check
def _normal_tail(x):
    """Return the probability that a standard normal variable exceeds `x`."""
    return 0.5 * math.erfc(x / math.sqrt(2.0))


@njit(cache=True)
@no_type_check
def _mean_above(mean, spread):
    """Return the mean of the positive part of a normal variable."""
    if spread == 0:
        return max(mean, 0.0)
    density = math.exp(-0.5 * (mean / spread) ** 2) / math.sqrt(2 * math.pi)
    return max(spread * density + mean * _normal_tail(-mean / spread), 0.0)


@njit(cache=True)
@no_type_check
def _mean_rate(mean, variance, dynamics):
    """Return the mean rate of a Poisson model whose input above threshold is normal."""
    if dynamics.is_exponential:
        return poisson_rate(mean + variance / (2 * dynamics.e_fold), dynamics)
    return dynamics.gain * _mean_above(mean, math.sqrt(variance))


@njit(cache=True)
@no_type_check
def _expect(steps, neurons, columns, per_bin, first, dynamics, shifts, rates):
    """Fill `rates` with the expected spikes of each bin, given the spikes before it."""
    n_neurons = len(columns)
    noisy = 1.0 if dynamics.is_dense else _normal_tail(SPARSE_CUT)  # part of the steps
    squares = columns**2
    u = np.zeros(n_neurons)
    expected = np.zeros(n_neurons)
    at = 0
    for index in range(first + len(rates)):
        if index >= first:
            mean, variance = u.copy(), np.zeros(n_neurons)
            for step in range(index * per_bin, (index + 1) * per_bin):
                shift = shifts[step] % n_neurons if len(shifts) else 0
                for neuron in range(n_neurons):
                    above = mean[neuron - shift] + dynamics.drive - dynamics.threshold
                    if dynamics.is_poisson:
                        spread = variance[neuron - shift]
                        expected[neuron] = _mean_rate(above, spread, dynamics)
                    else:
                        crossing = _normal_tail(-above / dynamics.amplitude)
                        expected[neuron] = noisy * crossing + (1 - noisy) * (above > 0)
                rates[index - first] += expected
                mean *= dynamics.decay
                variance *= dynamics.decay**2
                for neuron in range(n_neurons):
                    if expected[neuron] > _NEGLIGIBLE:
                        mean += expected[neuron] * columns[neuron]
                        if dynamics.is_poisson:
                            variance += expected[neuron] * squares[neuron]
        for step in range(index * per_bin, (index + 1) * per_bin):
            u *= dynamics.decay
            while at < len(steps) and steps[at] == step:
                u += columns[neurons[at]]
                at += 1
