"""Ridges chosen by validation, and symmetric weights."""

import numpy as np
import pytest
from scipy.optimize import minimize

from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.methods.glm.ridge import GRID
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import trace

DT, TAU = 1e-3, 10e-3
N = 5
LINKS = ("log", "rectified")


def symmetric_circuit(link, n_bins=30_000, seed=0):
    """Draw spikes from the history model with symmetric weights; return them with true rates."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 0.2 if link == "log" else 0.5, (N, N))
    weights = (weights + weights.T) / 2
    np.fill_diagonal(weights, 0)
    decay = np.exp(-DT / TAU)
    s = np.zeros(N)
    counts = np.zeros((n_bins, N), dtype=np.uint8)
    rates = np.zeros((n_bins, N))
    for t in range(n_bins):
        u = weights @ s
        rates[t] = 0.05 * np.exp(u) if link == "log" else 0.06 * np.logaddexp(0, u)
        counts[t] = rng.poisson(rates[t])
        s = decay * (s + counts[t])
    return Spikes(counts, DT), rates


def log_likelihood(counts, rates):
    return float((counts * np.log(rates) - rates).sum())


@pytest.mark.parametrize("link", LINKS)
def test_the_symmetric_fit_beats_the_truth_by_half_a_nat_per_parameter(link):
    spikes, rates = symmetric_circuit(link)
    glm = HistoryGLM(link=link, l2=0.0, symmetric=True).fit(spikes)
    np.testing.assert_array_equal(glm.weights_, glm.weights_.T)
    # Twice the gain is chi-squared distributed, of one degree of freedom per parameter.
    n_parameters = N * (N - 1) // 2 + N * (2 if link == "rectified" else 1)
    gain = log_likelihood(spikes.counts, glm.rates(spikes)) - log_likelihood(spikes.counts, rates)
    assert abs(2 * gain - n_parameters) < 4 * np.sqrt(2 * n_parameters)


def test_symmetric_weights_equal_those_of_a_direct_minimization():
    spikes, _ = symmetric_circuit("log", 8_000)
    l2 = 1e-3
    s = trace(spikes, TAU).astype(float)
    above = np.triu_indices(N, 1)

    def unpack(flat):
        weights = np.zeros((N, N))
        weights[above] = flat[: len(above[0])]
        return weights + weights.T, flat[len(above[0]) :]

    def loss(flat):
        weights, intercepts = unpack(flat)
        u = s @ weights.T + intercepts
        ridge = l2 / 2 * (weights**2).sum()
        return (np.exp(u) - spikes.counts * u).sum() / spikes.n_bins + ridge

    start = np.concatenate([np.zeros(len(above[0])), np.log(spikes.counts.mean(axis=0))])
    weights, intercepts = unpack(minimize(loss, start, tol=1e-10).x)
    glm = HistoryGLM(l2=l2, symmetric=True).fit(spikes)
    np.testing.assert_allclose(glm.weights_, weights, atol=1e-3)
    np.testing.assert_allclose(glm.intercepts_, intercepts, atol=1e-3)


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_chosen_ridge_predicts_the_last_ninth_best(symmetric):
    spikes, _ = symmetric_circuit("log", 9_000)
    train, _ = spikes.split(8 / 9)
    scores = []
    for l2 in GRID:
        glm = HistoryGLM(l2=l2, symmetric=symmetric).fit(train)
        scores.append(log_likelihood(spikes.counts[8_000:], glm.rates(spikes)[8_000:]))
    chosen = HistoryGLM(l2="validation", symmetric=symmetric).fit(spikes)
    assert chosen.l2_ == GRID[int(np.argmax(scores))]
    # The ridge that was chosen is then used on all of the recording.
    again = HistoryGLM(l2=chosen.l2_, symmetric=symmetric).fit(spikes)
    np.testing.assert_allclose(chosen.weights_, again.weights_, atol=1e-3)


def test_a_strong_ridge_is_chosen_where_nothing_is_coupled():
    counts = np.random.default_rng(0).poisson(0.3, (2_000, N)).astype(np.uint8)
    glm = SameBinGLM(l2="validation").fit(Spikes(counts, 10e-3))
    assert glm.l2_ >= 1e-2


def test_a_ridge_that_is_neither_a_number_nor_validation_is_refused():
    spikes, _ = symmetric_circuit("log", 1_000)
    with pytest.raises(ValueError, match='`l2` must be zero or positive, or "validation", got -1'):
        SameBinGLM(l2=-1.0).fit(spikes)
