"""Symmetric weights of low rank scatter less, and the rank that predicts best is chosen."""

import numpy as np
import pytest

from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.recordings.spikes import Spikes

DT = 1e-3
N, RANK = 10, 2
SIGNS = np.array([1, -1])


def low_rank_circuit(draw_spikes, link, n_bins=40_000):
    """Draw spikes with weights of low rank off the diagonal; return them with the true rates."""
    rng = np.random.default_rng(0)
    modes = rng.normal(0, 0.4 if link == "rectified" else 0.25, (N, RANK))
    weights = (modes * SIGNS) @ modes.T
    np.fill_diagonal(weights, 0)
    rate = {"log": lambda u: 0.05 * np.exp(u), "rectified": lambda u: 0.06 * np.logaddexp(0, u)}
    spikes, rates = draw_spikes(rng, weights, rate[link], n_bins)
    return spikes, weights, rates


def log_likelihood(counts, rates):
    return float((counts * np.log(rates) - rates).sum())


@pytest.mark.parametrize("link", ["log", "rectified"])
def test_the_fit_of_the_true_rank_beats_the_truth_by_half_a_nat_per_parameter(link, draw_spikes):
    spikes, weights, rates = low_rank_circuit(draw_spikes, link)
    glm = HistoryGLM(link=link, l2=0.0, rank=RANK).fit(spikes)
    np.testing.assert_array_equal(glm.weights_, glm.weights_.T)
    # Twice the gain is chi-squared distributed, of one degree of freedom per parameter.
    n_parameters = N * RANK - RANK * (RANK - 1) // 2 + N * (2 if link == "rectified" else 1)
    gain = log_likelihood(spikes.counts, glm.rates(spikes)) - log_likelihood(spikes.counts, rates)
    assert abs(2 * gain - n_parameters) < 4 * np.sqrt(2 * n_parameters)
    # With fewer parameters the weights scatter less.
    free = HistoryGLM(link=link, l2=0.0, symmetric=True).fit(spikes)

    def error(fitted):
        return np.linalg.norm(fitted.coefficients_ - weights)

    assert error(glm) < error(free)


def test_the_full_rank_is_no_restriction(draw_spikes):
    spikes, _, _ = low_rank_circuit(draw_spikes, "log", 10_000)
    full = HistoryGLM(rank=N).fit(spikes)
    free = HistoryGLM(symmetric=True).fit(spikes)
    np.testing.assert_allclose(full.weights_, free.weights_, atol=5e-3)


def test_the_chosen_rank_predicts_the_last_ninth_best(draw_spikes):
    spikes, _, _ = low_rank_circuit(draw_spikes, "log", 45_000)
    train, _ = spikes.split(8 / 9)
    scores = []
    for rank in range(1, N + 1):
        glm = HistoryGLM(rank=rank).fit(train)
        scores.append(log_likelihood(spikes.counts[40_000:], glm.rates(spikes)[40_000:]))
    assert HistoryGLM(rank="validation").fit(spikes).rank_ == 1 + int(np.argmax(scores))


def test_settings_out_of_range_are_refused(draw_spikes):
    spikes, _, _ = low_rank_circuit(draw_spikes, "log", 3_000)
    for rank in (0, N + 1):
        with pytest.raises(ValueError, match=f"`rank` must lie between 1 and {N}, or be"):
            HistoryGLM(rank=rank).fit(spikes)
    with pytest.raises(ValueError, match="with a `rank`, give `l2` as a number"):
        HistoryGLM(rank=2, l2="validation").fit(spikes)


def test_a_neuron_may_be_silent_in_the_part_that_chooses_the_rank(draw_spikes):
    spikes, _, _ = low_rank_circuit(draw_spikes, "rectified", n_bins=4000)
    counts = spikes.counts.copy()
    counts[:-10, 0] = 0
    counts[-5, 0] = 1  # its only spike, in the part that validates
    with pytest.warns(UserWarning, match="hardly determined"):
        glm = HistoryGLM(link="rectified", rank="validation").fit(Spikes(counts, DT))
    assert np.isfinite(glm.weights_).all()
    assert np.isfinite(glm.rates(Spikes(counts, DT))).all()
