"""The l1 penalty is the one stated, is chosen by validation, and acts the same on sparse data."""

import numpy as np
import pytest
from scipy.optimize import minimize

from circuitlib.methods import logistic
from circuitlib.methods.logistic import GRID, L1Logistic

DT = 5e-3
N = 4


@pytest.fixture(scope="module")
def spikes(draw_ising):
    return draw_ising(40_000)[0]


def test_the_penalty_is_that_of_a_direct_minimization(spikes):
    l1, post = 0.02, 2
    others = np.arange(N) != post
    x, y = spikes.counts[:5_000, others].astype(float), spikes.counts[:5_000, post]

    def loss(parts):  # positive and negative part of each weight, and the intercept
        odds = x @ (parts[:3] - parts[3:6]) + parts[6]
        return (np.logaddexp(0, odds) - y * odds).mean() + l1 * parts[:6].sum()

    bounds = [(0, None)] * 6 + [(None, None)]
    found = minimize(loss, np.full(7, 0.1), bounds=bounds, tol=1e-12).x
    fit = L1Logistic(bin_width=DT, l1=l1).fit(spikes.window(0, 5_000))
    np.testing.assert_allclose(fit.weights_[post, others], found[:3] - found[3:6], atol=5e-3)


def test_the_chosen_penalty_predicts_the_last_ninth_best(draw_ising):
    spikes, _ = draw_ising(3_600, seed=1)
    train, validation = spikes.split(8 / 9)
    y = validation.counts
    scores = []
    for l1 in GRID:
        silent = np.exp(-L1Logistic(bin_width=DT, l1=l1).fit(train).rates(validation))
        scores.append(np.log(np.where(y, 1 - silent, silent)).sum())
    assert L1Logistic(bin_width=DT).fit(spikes).l1_ == GRID[int(np.argmax(scores))]


def test_rare_spikes_take_the_sparse_path_to_the_same_weights(monkeypatch, spikes):
    dense = L1Logistic(bin_width=DT, l1=1e-3).fit(spikes)
    monkeypatch.setattr(logistic, "_RARE", 1.0)
    sparse = L1Logistic(bin_width=DT, l1=1e-3).fit(spikes)
    np.testing.assert_allclose(sparse.weights_, dense.weights_, atol=5e-3)


def test_a_penalty_beyond_all_evidence_leaves_no_weight(spikes):
    assert not L1Logistic(bin_width=DT, l1=1.0).fit(spikes).weights_.any()


def test_settings_out_of_range_are_refused(spikes):
    with pytest.raises(ValueError, match='`l1` must be positive, or "validation", got 0'):
        L1Logistic(bin_width=DT, l1=0.0).fit(spikes)
    fit = L1Logistic(bin_width=DT, l1=0.1).fit(spikes)
    with pytest.raises(ValueError, match="the recording holds 3 neurons, but the fit 4"):
        fit.rates(spikes.select(np.arange(3)))
