"""The ridge that validation chooses predicts best, and other words are refused."""

import numpy as np
import pytest

from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.methods.glm.ridge import GRID
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.recordings.spikes import Spikes

N = 5


def symmetric_circuit(draw_spikes, n_bins):
    """Draw spikes from the history model with symmetric weights."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.2, (N, N))
    weights = (weights + weights.T) / 2
    np.fill_diagonal(weights, 0)
    return draw_spikes(rng, weights, lambda u: 0.05 * np.exp(u), n_bins)[0]


def log_likelihood(counts, rates):
    return float((counts * np.log(rates) - rates).sum())


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_chosen_ridge_predicts_the_last_ninth_best(symmetric, draw_spikes):
    spikes = symmetric_circuit(draw_spikes, 9_000)
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


def test_a_ridge_that_is_neither_a_number_nor_validation_is_refused(draw_spikes):
    spikes = symmetric_circuit(draw_spikes, 1_000)
    with pytest.raises(ValueError, match='`l2` must be zero or positive, or "validation", got -1'):
        SameBinGLM(l2=-1.0).fit(spikes)
