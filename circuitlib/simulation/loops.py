"""The inner loop of the simulation: compiled, and the same in plain NumPy."""

import math
import sys
import time
from collections.abc import Iterator
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Int
from numba import njit
from tqdm.auto import tqdm

from circuitlib._seeding import streams
from circuitlib.simulation.dynamics import SPARSE_CUT, Dynamics
from circuitlib.simulation.effort import in_bytes, in_words
from circuitlib.simulation.networks import Network
from circuitlib.simulation.steering import ShiftsBetween

#: Steps simulated between two updates of the progress bar.
_CHUNK = 100_000
#: Seconds from which on a simulation says how long it will take.
_LONG = 10.0
#: Logarithm of the largest factor by which the exponential model exceeds its rate at threshold.
_LARGEST = 10.0


@njit(cache=True)
@no_type_check  # numba cannot compile checks of shapes
def poisson_rate(above, dynamics):
    """Return the expected spikes in a step of a Poisson model, by the input above threshold."""
    if dynamics.is_exponential:
        return dynamics.gain * dynamics.e_fold * math.exp(min(above / dynamics.e_fold, _LARGEST))
    return dynamics.gain * max(above, 0.0)


def simulate_numpy(
    rng: np.random.Generator,
    u: Float[np.ndarray, " neurons"],
    columns: Float[np.ndarray, "pre post"],
    n_steps: int,
    dynamics: Dynamics,
    shifts: Int[np.ndarray, " steps"],
) -> tuple[np.ndarray, np.ndarray]:
    """Run the inner loop in plain NumPy; the reference for the compiled one.

    Parameters
    ----------
    rng
        Source of the random numbers, drawn in the same order as in the compiled loop.
    u
        Recurrent input of each neuron, shape ``(neurons,)``; changed in place.
    columns
        Strength times weights, transposed, shape ``(pre, post)``.
    n_steps
        Steps to simulate.
    dynamics
        Constants of the model.
    shifts
        By how many neurons an external angle shifts the weights in each step, shape ``(steps,)``;
        empty if there is none.

    Returns
    -------
    steps, neurons
        One entry per spike, in order of time.
    """
    steps: list[int] = []
    neurons: list[int] = []
    for step in range(n_steps):
        spikes = np.zeros(len(u), dtype=np.int64)
        recurrent = np.roll(u, shifts[step]) if len(shifts) else u
        for neuron in range(len(u)):
            above = recurrent[neuron] + dynamics.drive - dynamics.threshold
            if dynamics.is_poisson:
                rate = poisson_rate(above, dynamics)
                spikes[neuron] = rng.poisson(rate) if rate > 0 else 0
            elif dynamics.is_dense or rng.standard_normal() > SPARSE_CUT:
                spikes[neuron] = above + dynamics.amplitude * rng.standard_normal() > 0
            else:
                spikes[neuron] = above > 0
        u *= dynamics.decay
        fired = np.repeat(np.arange(len(u)), spikes).tolist()
        for neuron in fired:
            u += columns[neuron]
        steps += [step] * len(fired)
        neurons += fired
    return np.array(steps, dtype=np.int64), np.array(neurons, dtype=np.int64)


@njit(cache=True)
@no_type_check
def simulate_compiled(rng, u, columns, n_steps, dynamics, shifts):
    """Run the inner loop, compiled; the same numbers as `simulate_numpy`.

    A population that spikes more than once a step and neuron is left at that.
    """
    n_neurons = len(u)
    most_spikes = n_steps * n_neurons
    steps = np.empty(n_steps, dtype=np.int64)
    neurons = np.empty(n_steps, dtype=np.int64)
    spikes = np.zeros(n_neurons, dtype=np.int64)
    n_spikes = 0
    for step in range(n_steps):
        shift = shifts[step] % n_neurons if len(shifts) else 0
        for neuron in range(n_neurons):
            above = u[neuron - shift] + dynamics.drive - dynamics.threshold
            if dynamics.is_poisson:
                rate = poisson_rate(above, dynamics)
                spikes[neuron] = rng.poisson(rate) if rate > 0 else 0
            elif dynamics.is_dense or rng.standard_normal() > SPARSE_CUT:
                spikes[neuron] = above + dynamics.amplitude * rng.standard_normal() > 0
            else:
                spikes[neuron] = above > 0
        for neuron in range(n_neurons):
            u[neuron] *= dynamics.decay
        for neuron in range(n_neurons):
            for _ in range(spikes[neuron]):
                if n_spikes == most_spikes:
                    return steps[:n_spikes], neurons[:n_spikes]
                for post in range(n_neurons):
                    u[post] += columns[neuron, post]
                if n_spikes == len(steps):
                    steps = np.concatenate((steps, np.empty_like(steps)))
                    neurons = np.concatenate((neurons, np.empty_like(neurons)))
                steps[n_spikes] = step
                neurons[n_spikes] = neuron
                n_spikes += 1
    return steps[:n_spikes].copy(), neurons[:n_spikes].copy()


def columns_of(network: Network) -> Float[np.ndarray, "pre post"]:
    """Return strength times weights, one contiguous column of W for each presynaptic neuron."""
    return np.ascontiguousarray(network.strength * network.weights.T)


def simulate_chunks(
    network: Network,
    dynamics: Dynamics,
    duration: float,
    seed: int,
    burn_in: float,
    memory: float,
    progress: bool,
    shifts_between: ShiftsBetween,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Simulate piece by piece; give the recorded steps and neurons of each, one entry a spike.

    With `progress`, the time of the first piece tells how long all will take; `memory` is the
    bytes that the caller needs for them. `shifts_between` gives the shifts of the weights in the
    steps from one to another, see :func:`simulate_numpy`.

    Raises
    ------
    ValueError
        If the activity runs away.
    """
    (rng,) = streams(seed, 1)
    # `u` is the recurrent input r W s. It decays like s, so a spike costs one column of W.
    columns = columns_of(network)
    u = np.zeros(network.n_neurons)
    n_burn = round(burn_in / network.dt)
    n_steps = round(duration / network.dt)
    with tqdm(
        total=burn_in + duration, unit=" s", desc="simulate", disable=not progress, leave=False
    ) as bar:
        # Compiled now, and not in the first piece.
        simulate_compiled(rng, u, columns, 0, dynamics, shifts_between(0, 0))
        start = time.perf_counter()
        for first in range(-n_burn, n_steps, _CHUNK):
            n_chunk = min(_CHUNK, n_steps - first)
            shifts = shifts_between(first, first + n_chunk)
            step, neuron = simulate_compiled(rng, u, columns, n_chunk, dynamics, shifts)
            if len(step) == n_chunk * network.n_neurons:
                raise ValueError(
                    f"the activity runs away: more than {1 / network.dt:g} spikes a second and "
                    "neuron; choose a smaller strength or a higher threshold"
                )
            step += first
            recorded = step >= 0
            yield step[recorded], neuron[recorded]
            bar.update(n_chunk * network.dt)
            if progress and first == -n_burn:
                needed = (time.perf_counter() - start) * (n_steps + n_burn) / n_chunk
                if needed > _LONG:
                    takes = f"{in_words(needed)} and {in_bytes(memory)} of memory"
                    tqdm.write(f"simulate: takes about {takes}", file=sys.stderr)
