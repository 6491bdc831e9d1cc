"""Symmetric weights are those of a direct minimization over one number for each pair."""

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.optimize import minimize

from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.methods.glm.regressions import Regressions
from circuitlib.methods.glm.symmetric import maximize_symmetric
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import trace

TAU = 10e-3
N = 5
LINKS = ("log", "rectified")


def symmetric_circuit(draw_spikes, link, n_bins=30_000):
    """Draw spikes from the history model with symmetric weights; return them with true rates."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.2 if link == "log" else 0.5, (N, N))
    weights = (weights + weights.T) / 2
    np.fill_diagonal(weights, 0)
    rate = {"log": lambda u: 0.05 * np.exp(u), "rectified": lambda u: 0.06 * np.logaddexp(0, u)}
    return draw_spikes(rng, weights, rate[link], n_bins)


def log_likelihood(counts, rates):
    return float((counts * np.log(rates) - rates).sum())


@pytest.mark.parametrize("link", LINKS)
def test_the_symmetric_fit_beats_the_truth_by_half_a_nat_per_parameter(link, draw_spikes):
    spikes, rates = symmetric_circuit(draw_spikes, link)
    glm = HistoryGLM(link=link, l2=0.0, symmetric=True).fit(spikes)
    np.testing.assert_array_equal(glm.weights_, glm.weights_.T)
    # Twice the gain is chi-squared distributed, of one degree of freedom per parameter.
    n_parameters = N * (N - 1) // 2 + N * (2 if link == "rectified" else 1)
    gain = log_likelihood(spikes.counts, glm.rates(spikes)) - log_likelihood(spikes.counts, rates)
    assert abs(2 * gain - n_parameters) < 4 * np.sqrt(2 * n_parameters)


def test_symmetric_weights_equal_those_of_a_direct_minimization(draw_spikes):
    spikes, _ = symmetric_circuit(draw_spikes, "log", 8_000)
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


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_no_descent_is_left_at_the_end_of_a_valley(seed):
    # Neurons without connections have gains that the spikes hardly determine.
    counts = np.random.default_rng(seed).poisson(0.06, (20_000, N)).astype(np.uint8)
    features = trace(Spikes(counts, 1e-3), TAU)
    away = ~np.eye(N, dtype=bool)
    regressions = Regressions(features, counts, away, "rectified", 1e-6, np.float64)
    parameters, center = maximize_symmetric(regressions), regressions.center()
    # One column for each pair and link term, scaled so that a unit is a standard error.
    basis = np.zeros((N, N + 2, N * (N - 1) // 2 + 2 * N))
    for number, (i, j) in enumerate(zip(*np.triu_indices(N, 1), strict=True)):
        basis[[i, j], [j, i], number] = 1
    for number, (i, term) in enumerate(np.ndindex(N, 2)):
        basis[i, N + term, number - 2 * N] = 1
    flat = basis.reshape(-1, basis.shape[2])
    information = flat.T @ block_diag(*regressions.information(parameters, center)) @ flat
    basis = basis @ np.linalg.inv(np.linalg.cholesky(information)).T

    def loss(v):
        loss, gradient = regressions.loss(parameters + basis @ v, center)
        return loss, np.einsum("np,npv->v", gradient, basis)

    at_the_end, _ = loss(np.zeros(basis.shape[2]))
    found = minimize(loss, np.zeros(basis.shape[2]), jac=True, options={"gtol": 1e-3})
    # A hundredth of a standard error for each of 20 parameters is 0.001 nats; ten times as much.
    assert at_the_end - found.fun < 0.01


def test_a_symmetric_fit_that_may_be_one_of_several_optima_says_so(spikes):
    # Weights that are not symmetric, and another link.
    with pytest.warns(UserWarning, match=r"the link of \d neurons .* several optima"):
        HistoryGLM(link="rectified", symmetric=True).fit(spikes)
