"""The history GLM equals scikit-learn, finds known weights and sees the past only."""

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor

from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import trace

LINKS = ("log", "rectified")
DT, TAU = 1e-3, 10e-3
N = 6
SHARPNESS = 60.0


def coupled(draw_spikes, link, n_bins, self_weight=0.0):
    """Draw spikes from the history model itself; return them with weights and true rates."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.3 if link == "log" else 0.015, (N, N))
    np.fill_diagonal(weights, self_weight)

    def rate(u):
        if link == "log":
            return 0.05 * np.exp(u)
        return np.logaddexp(0, SHARPNESS * (0.05 + u)) / SHARPNESS

    spikes, rates = draw_spikes(rng, weights, rate, n_bins)
    return spikes, weights, rates


def log_likelihood(counts, rates):
    return float((counts * np.log(rates) - rates).sum())


def test_history_glm_with_log_link_equals_scikit_learn(spikes):
    l2 = 1e-4
    glm = HistoryGLM(l2=l2).fit(spikes)
    s = trace(spikes, TAU).astype(float)
    rates = np.empty(s.shape)
    for post in range(N):
        others = np.arange(N) != post
        reference = PoissonRegressor(alpha=l2, tol=1e-8, max_iter=1000)
        reference.fit(s[:, others], spikes.counts[:, post])
        np.testing.assert_allclose(glm.weights_[post, others], reference.coef_, atol=1e-3)
        rates[:, post] = reference.predict(s[:, others])
    np.testing.assert_allclose(glm.rates(spikes), rates, rtol=5e-3)


def test_known_weights_are_recovered_within_standard_errors(draw_spikes):
    spikes, weights, rates = coupled(draw_spikes, "log", 30_000, self_weight=0.2)
    glm = HistoryGLM(l2=0.0, self_history=True).fit(spikes)
    x = np.column_stack([trace(spikes, TAU), np.ones(spikes.n_bins)]).astype(float)
    information = np.einsum("tp,ti,tq->ipq", x, rates, x, optimize=True)
    errors = np.sqrt(np.diagonal(np.linalg.inv(information), axis1=1, axis2=2))[:, :N]
    z = (glm.coefficients_ - weights) / errors
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / z.size)  # nearly independent normal variables
    # A neuron's effect on itself is learned but is not a connection.
    off_diagonal = ~np.eye(N, dtype=bool)
    np.testing.assert_array_equal(glm.weights_, glm.coefficients_ * off_diagonal)


@pytest.mark.parametrize("link", LINKS)
def test_the_fit_beats_the_truth_by_half_a_nat_per_parameter(link, draw_spikes):
    spikes, weights, rates = coupled(draw_spikes, link, 30_000)
    glm = HistoryGLM(link=link, l2=0.0).fit(spikes)
    # Twice the gain is chi-squared distributed, of one degree of freedom per parameter.
    n_parameters = N * (N + 1 if link == "rectified" else N)
    gain = log_likelihood(spikes.counts, glm.rates(spikes)) - log_likelihood(spikes.counts, rates)
    assert abs(2 * gain - n_parameters) < 4 * np.sqrt(2 * n_parameters)
    similarity = np.corrcoef(glm.weights_.ravel(), weights.ravel())[0, 1]
    assert similarity > 0.95


@pytest.mark.parametrize("link", LINKS)
def test_later_spikes_leave_earlier_rates_alone(link, spikes):
    glm = HistoryGLM(link=link).fit(spikes)
    counts = spikes.counts.copy()
    counts[700:] = 3 - counts[700:].clip(0, 3)
    before, after = glm.rates(spikes), glm.rates(Spikes(counts, DT))
    np.testing.assert_array_equal(before[:701], after[:701])
    assert (before[701] != after[701]).all()
