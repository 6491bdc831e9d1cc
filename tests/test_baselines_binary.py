"""Methods that ask only whether a neuron fires in a bin: minimum probability flow and logistic."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from circuitlib.methods import logistic
from circuitlib.methods.ising import ProbabilityFlow, probability_flow
from circuitlib.methods.logistic import GRID, L1Logistic
from circuitlib.recordings.spikes import Spikes

DT = 5e-3
N = 4
PATTERNS = np.array(list(product((0, 1), repeat=N)))


def ising(n_bins, seed=0):
    """Draw patterns from an Ising model, exactly; return them with its weights."""
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.normal(0, 0.8, (N, N)), 1)
    biases = rng.normal(-0.5, 0.3, N)
    energy = -(PATTERNS @ biases) - np.einsum("pi,ij,pj->p", PATTERNS, weights, PATTERNS)
    probability = np.exp(-energy)
    drawn = rng.choice(len(PATTERNS), n_bins, p=probability / probability.sum())
    return Spikes(PATTERNS[drawn].astype(np.uint8), DT), weights + weights.T


SPIKES, WEIGHTS = ising(40_000)


def test_the_flow_equals_a_loop_over_patterns_and_their_neighbours():
    rng = np.random.default_rng(1)
    fires = SPIKES.counts[:50]
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


def test_two_neurons_have_the_log_odds_ratio_of_their_table():
    two = SPIKES.select(np.array([0, 1]))
    table = np.histogram2d(*two.counts.T, bins=2)[0]
    odds_ratio = table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])
    flow = ProbabilityFlow(bin_width=DT).fit(two)
    assert flow.weights_[0, 1] == pytest.approx(np.log(odds_ratio), abs=1e-3)
    fit = L1Logistic(bin_width=DT, l1=1e-9).fit(two)
    np.testing.assert_allclose(fit.weights_[[0, 1], [1, 0]], np.log(odds_ratio), atol=1e-2)


@pytest.mark.parametrize(
    "estimator", [ProbabilityFlow(bin_width=DT), L1Logistic(bin_width=DT)], ids=["flow", "logistic"]
)
def test_the_weights_of_an_ising_model_are_recovered(estimator):
    # The standard error of a log odds ratio from 40,000 bins is near 0.03.
    np.testing.assert_allclose(estimator.fit(SPIKES).weights_, WEIGHTS, atol=0.12)


def test_the_penalty_is_that_of_a_direct_minimization():
    l1, post = 0.02, 2
    others = np.arange(N) != post
    x, y = SPIKES.counts[:5_000, others].astype(float), SPIKES.counts[:5_000, post]

    def loss(parts):  # positive and negative part of each weight, and the intercept
        odds = x @ (parts[:3] - parts[3:6]) + parts[6]
        return (np.logaddexp(0, odds) - y * odds).mean() + l1 * parts[:6].sum()

    bounds = [(0, None)] * 6 + [(None, None)]
    found = minimize(loss, np.full(7, 0.1), bounds=bounds, tol=1e-12).x
    fit = L1Logistic(bin_width=DT, l1=l1).fit(SPIKES.window(0, 5_000))
    np.testing.assert_allclose(fit.weights_[post, others], found[:3] - found[3:6], atol=5e-3)


def test_the_chosen_penalty_predicts_the_last_ninth_best():
    spikes, _ = ising(3_600, seed=1)
    train, validation = spikes.split(8 / 9)
    y = validation.counts
    scores = []
    for l1 in GRID:
        silent = np.exp(-L1Logistic(bin_width=DT, l1=l1).fit(train).rates(validation))
        scores.append(np.log(np.where(y, 1 - silent, silent)).sum())
    assert L1Logistic(bin_width=DT).fit(spikes).l1_ == GRID[int(np.argmax(scores))]


def test_rare_spikes_take_the_sparse_path_to_the_same_weights(monkeypatch):
    dense = L1Logistic(bin_width=DT, l1=1e-3).fit(SPIKES)
    monkeypatch.setattr(logistic, "_RARE", 1.0)
    sparse = L1Logistic(bin_width=DT, l1=1e-3).fit(SPIKES)
    np.testing.assert_allclose(sparse.weights_, dense.weights_, atol=5e-3)


def test_a_penalty_beyond_all_evidence_leaves_no_weight():
    assert not L1Logistic(bin_width=DT, l1=1.0).fit(SPIKES).weights_.any()


@pytest.mark.parametrize("estimator", [ProbabilityFlow(bin_width=DT), L1Logistic(bin_width=DT)])
def test_a_neuron_that_fires_in_every_bin_is_named(estimator):
    counts = SPIKES.counts.copy()
    counts[:, 3] = 2
    with pytest.raises(ValueError, match=r"neuron 3 fires in every bin of 0\.005 s"):
        estimator.fit(Spikes(counts, DT))


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match='`l1` must be positive, or "validation", got 0'):
        L1Logistic(bin_width=DT, l1=0.0).fit(SPIKES)
    fit = L1Logistic(bin_width=DT, l1=0.1).fit(SPIKES)
    with pytest.raises(ValueError, match="the recording holds 3 neurons, but the fit 4"):
        fit.rates(SPIKES.select(np.arange(3)))
