"""How much faster the library's fast paths are than plain counterparts that compute the same.

Only ratios are meant to be read, because both sides run on the same machine one after the other.
No test depends on a time.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from sklearn.linear_model import PoissonRegressor

from circuitlib._seeding import seeded, streams
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.methods.gnn.messages import SynapticConv
from circuitlib.simulation.dynamics import Dynamics
from circuitlib.simulation.loops import columns_of, simulate_compiled, simulate_numpy
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate


class Ratio(NamedTuple):
    """A comparison: seconds of the plain and of the fast path, their ratio and largest difference.

    The difference is relative to the largest value of the result.
    """

    name: str
    plain: float
    fast: float
    ratio: float
    difference: float


def benchmarks(seconds: float = 20.0) -> list[Ratio]:
    """Run all comparisons.

    Parameters
    ----------
    seconds
        Length of the recording for the regressions.
    """
    return [simulation_ratio(), regression_ratio(seconds), convolution_ratio()]


def simulation_ratio(n_steps: int = 2_000) -> Ratio:
    """Compare the compiled inner loop of the simulation with plain NumPy."""
    network = RingNetwork()
    columns, dynamics = columns_of(network), Dynamics.of(network)
    no_input = np.zeros(0, dtype=np.int64)

    def run(loop: Callable[..., tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        (rng,) = streams(0, 1)
        u = np.zeros(network.n_neurons)
        return np.stack(loop(rng, u, columns, n_steps, dynamics, no_input))

    name = "simulation, compiled against NumPy"
    return _compare(name, lambda: run(simulate_numpy), lambda: run(simulate_compiled))


def regression_ratio(seconds: float = 20.0) -> Ratio:
    """Compare all regressions at once with scikit-learn, neuron by neuron, at the same optimum."""
    spikes = simulate(RingNetwork(), seconds, seed=0).binned(10e-3)
    model = SameBinGLM(l2=1e-2)  # enough for scikit-learn to reach the optimum

    def plain() -> np.ndarray:
        weights = np.zeros((spikes.n_neurons, spikes.n_neurons))
        counts = spikes.counts.astype(np.float64)
        for post in range(spikes.n_neurons):
            others = np.arange(spikes.n_neurons) != post
            # Its penalty is on half the squared weights, as ours, for the mean loss of a bin.
            regressor = PoissonRegressor(alpha=model.l2, max_iter=1000, tol=1e-5)
            weights[post, others] = regressor.fit(counts[:, others], counts[:, post]).coef_
        return weights

    name = "Poisson regressions, here against scikit-learn"
    return _compare(name, plain, lambda: model.fit(spikes).weights_, repeats=1)


def convolution_ratio(channels: int = 16, batch: int = 64) -> Ratio:
    """Compare message passing on the complete graph by matrix product with the edge list."""
    n_neurons = RingNetwork().n_neurons
    with seeded(0):
        layer = SynapticConv(channels)
        h, weights = torch.randn(batch, n_neurons, channels), torch.randn(n_neurons, n_neurons)
    weights.fill_diagonal_(0)
    edges = (~torch.eye(n_neurons, dtype=torch.bool)).nonzero().T.flip(0)  # (pre, post)
    with torch.no_grad():
        return _compare(
            "messages, complete graph against list of edges",
            lambda: layer(h, weights, edges).numpy(),
            lambda: layer(h, weights).numpy(),
        )


def _compare(
    name: str, plain: Callable[[], np.ndarray], fast: Callable[[], np.ndarray], repeats: int = 3
) -> Ratio:
    """Time both: the best of a few, after one call that compiles and fills caches."""
    expected, found = plain(), fast()
    difference = float(np.abs(found - expected).max() / np.abs(expected).max())
    times = {}
    for path, function in (("plain", plain), ("fast", fast)):
        found_times = []
        for _ in range(repeats):
            start = time.perf_counter()
            function()
            found_times.append(time.perf_counter() - start)
        times[path] = min(found_times)
    return Ratio(name, times["plain"], times["fast"], times["plain"] / times["fast"], difference)
