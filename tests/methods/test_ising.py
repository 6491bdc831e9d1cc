"""Minimum probability flow is the sum that it says, and finds the weights of an Ising model."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from circuitlib.methods.ising import ProbabilityFlow, probability_flow
from circuitlib.methods.logistic import L1Logistic
from circuitlib.recordings.spikes import Spikes

DT = 5e-3
N = 4


@pytest.fixture(scope="module")
def drawn(draw_ising):
    return draw_ising(40_000)


def test_the_flow_equals_a_loop_over_patterns_and_their_neighbours(drawn):
    spikes, _ = drawn
    rng = np.random.default_rng(1)
    fires = spikes.counts[:50]
    weights = rng.normal(0, 1, (N, N))
    weights += weights.T
    np.fill_diagonal(weights, 0)
    biases = rng.normal(0, 1, N)

    def energy(x):
        return -biases @ x - x @ weights @ x / 2

    expected = 0.0
    for pattern in fires.astype(float):
        for neuron in range(N):
            neighbour = pattern.copy()
            neighbour[neuron] = 1 - neighbour[neuron]
            expected += np.exp((energy(pattern) - energy(neighbour)) / 2)
    flow, by_weights, by_biases = probability_flow(fires, weights, biases)
    assert flow == pytest.approx(expected / len(fires), rel=1e-12)

    def of_weights(flat):
        entries = flat.reshape(N, N) * ~np.eye(N, dtype=bool)
        return probability_flow(fires, entries, biases)[0]

    numeric = approx_fprime(weights.ravel(), of_weights, 1e-7).reshape(N, N)
    np.testing.assert_allclose(by_weights, numeric, atol=1e-5)
    numeric = approx_fprime(biases, lambda b: probability_flow(fires, weights, b)[0], 1e-7)
    np.testing.assert_allclose(by_biases, numeric, atol=1e-5)


def test_two_neurons_have_the_log_odds_ratio_of_their_table(drawn):
    spikes, _ = drawn
    two = spikes.select(np.array([0, 1]))
    table = np.histogram2d(*two.counts.T, bins=2)[0]
    odds_ratio = table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])
    flow = ProbabilityFlow(bin_width=DT).fit(two)
    assert flow.weights_[0, 1] == pytest.approx(np.log(odds_ratio), abs=1e-3)
    fit = L1Logistic(bin_width=DT, l1=1e-9).fit(two)
    np.testing.assert_allclose(fit.weights_[[0, 1], [1, 0]], np.log(odds_ratio), atol=1e-2)


@pytest.mark.parametrize(
    "estimator", [ProbabilityFlow(bin_width=DT), L1Logistic(bin_width=DT)], ids=["flow", "logistic"]
)
def test_the_weights_of_an_ising_model_are_recovered(estimator, drawn):
    spikes, weights = drawn
    # The standard error of a log odds ratio from 40,000 bins is near 0.03.
    np.testing.assert_allclose(estimator.fit(spikes).weights_, weights, atol=0.12)


@pytest.mark.parametrize("estimator", [ProbabilityFlow(bin_width=DT), L1Logistic(bin_width=DT)])
def test_a_neuron_that_fires_in_every_bin_is_named(estimator, drawn):
    spikes, _ = drawn
    counts = spikes.counts.copy()
    counts[:, 3] = 2
    with pytest.raises(ValueError, match=r"neuron 3 fires in every bin of 0\.005 s"):
        estimator.fit(Spikes(counts, DT))
