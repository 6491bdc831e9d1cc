"""The GLM with one shared filter finds filter and weights, and its windows never cross a gap."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from circuitlib.methods.glm.coupling import CouplingGLM
from circuitlib.methods.glm.filter_step import OtherDrive, _slope
from circuitlib.methods.glm.regressions import (
    Regressions,
    maximize_likelihood,
    weights_and_link_terms,
)
from circuitlib.methods.glm.ridge import GRID
from circuitlib.methods.glm.symmetric import maximize_symmetric
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import filtered

DT = 1e-3
N = 5
LAGS = np.arange(1, 21)
FILTER = LAGS / 6 * np.exp(1 - LAGS / 6)  # an alpha function, one at its peak


def coupled(n_bins, seed=0, weights=None):
    """Draw spikes from the model itself; return them with weights and true rates."""
    rng = np.random.default_rng(seed)
    if weights is None:
        weights = rng.normal(0, 0.25, (N, N))
        np.fill_diagonal(weights, 0)
    counts = np.zeros((n_bins + 20, N), dtype=np.uint8)
    rates = np.zeros((n_bins + 20, N))
    for t in range(20, n_bins + 20):
        rates[t] = 0.08 * np.exp(weights @ (FILTER[::-1] @ counts[t - 20 : t]))
        counts[t] = rng.poisson(rates[t])
    return Spikes(counts[20:], DT), weights, rates[20:]


SPIKES, WEIGHTS, RATES = coupled(60_000)


def test_the_filter_and_the_weights_are_recovered():
    glm = CouplingGLM().fit(SPIKES)
    assert np.abs(glm.filter_).max() == pytest.approx(1)
    # The Fisher information of the filter, from the inputs one bin earlier, two bins earlier, ...
    inputs = (SPIKES.counts - SPIKES.counts.mean(axis=0)) @ WEIGHTS.T
    windows = np.lib.stride_tricks.sliding_window_view(inputs, len(LAGS), axis=0)[:-1, :, ::-1]
    windows = windows.reshape(-1, len(LAGS))
    information = windows.T @ (windows * RATES[len(LAGS) :].reshape(-1, 1))
    errors = np.sqrt(np.diagonal(np.linalg.inv(information)))
    scale = glm.filter_ @ FILTER / (FILTER @ FILTER)
    z = (glm.filter_ / scale - FILTER) / errors
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / z.size)  # nearly independent normal variables
    assert np.corrcoef(glm.weights_.ravel(), WEIGHTS.ravel())[0, 1] > 0.98
    assert (np.diff(glm.losses_) <= 0).all()
    # Twice the gain over the truth is about chi-squared, of one degree of freedom per parameter.
    n_parameters = N * N + len(LAGS) - 1
    counts, rates = SPIKES.counts, glm.rates(SPIKES)
    gain = (counts * np.log(rates / RATES) - rates + RATES).sum()
    assert abs(2 * gain - n_parameters) < 4 * np.sqrt(2 * n_parameters)


def test_imposing_true_symmetry_costs_half_a_nat_for_each_pair():
    spikes, _, _ = coupled(30_000, seed=3, weights=(WEIGHTS + WEIGHTS.T) / 2)
    free, glm = CouplingGLM(l2=0.0).fit(spikes), CouplingGLM(l2=0.0, symmetric=True).fit(spikes)
    np.testing.assert_array_equal(glm.weights_, glm.weights_.T)
    assert np.abs(glm.filter_).max() == pytest.approx(1)
    # Twice the lost likelihood is about chi-squared, of one degree of freedom per pair.
    n_pairs = N * (N - 1) / 2
    lost = (glm.losses_[-1] - free.losses_[-1]) * spikes.n_bins
    assert 0 < 2 * lost < n_pairs + 4 * np.sqrt(2 * n_pairs)


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_chosen_ridge_predicts_the_last_ninth_best(symmetric):
    # Weak weights, so that the best ridge is neither the strongest nor the weakest.
    spikes, _, _ = coupled(9_000, weights=(WEIGHTS + WEIGHTS.T) / 8)
    chosen = CouplingGLM(l2="validation", symmetric=symmetric).fit(spikes)
    loose = CouplingGLM(symmetric=symmetric).fit(spikes)
    np.testing.assert_array_equal(chosen.filter_, loose.filter_)
    fit = maximize_symmetric if symmetric else maximize_likelihood
    features, used = filtered(spikes, chosen.filter_), ~np.eye(N, dtype=bool)
    both = Regressions(features, spikes.counts, used, "log", 0.0, np.float32)
    train, validation = both.part(slice(0, 8_000)), both.part(slice(8_000, None))
    scores = []
    for l2 in GRID:
        weights, link_terms = weights_and_link_terms(train, fit(replace(train, l2=l2)))
        drive = validation.features @ weights.T + link_terms[:, 0]
        scores.append((validation.counts * drive - np.exp(drive)).sum())
    assert chosen.l2_ == GRID[int(np.argmax(scores))]
    assert (chosen.weights_**2).sum() < (loose.weights_**2).sum()


def test_inputs_seen_through_windows_equal_filtered_spikes_and_never_cross_a_gap():
    # A run longer than a chunk of windows, and many short ones.
    starts = np.array([0, *range(4_500, 9_000, 30)])
    spikes = Spikes(SPIKES.counts[:9_000], DT, starts)
    glm = CouplingGLM().fit(spikes)
    # The loss is found through windows, the rates from filtered spikes.
    rates = glm.rates(spikes)
    loss = (rates - spikes.counts * np.log(rates)).sum() / spikes.n_bins
    assert glm.losses_[-1] == pytest.approx(loss, rel=1e-6)
    f = np.random.default_rng(0).normal(size=20)
    alone = filtered(Spikes(spikes.counts[8_970:], DT), f)
    np.testing.assert_array_equal(filtered(spikes, f)[8_970:], alone)
    impulse = np.zeros((25, 2), dtype=np.uint8)
    impulse[0, 0] = 1
    np.testing.assert_allclose(filtered(Spikes(impulse, DT), f)[1:21, 0], f, rtol=1e-6)


def test_gradient_and_curvature_by_the_filter_equal_finite_differences():
    spikes = SPIKES.window(0, 2_000)  # one chunk, so that the curvature is no estimate
    rest, rng = WEIGHTS @ spikes.counts.mean(axis=0), np.random.default_rng(0)
    waves = rng.normal(0, 0.5, (2_000, 2)).astype(np.float32)
    other = OtherDrive(np.full(N, np.log(0.08)), rng.normal(0, 0.3, (N, 2)), waves)

    def slope(f, curved=False):
        return _slope(spikes, WEIGHTS, other, rest, f, curved)

    loss, gradient, curvature = slope(FILTER, curved=True)
    assert np.isfinite(loss)
    numeric = approx_fprime(FILTER, lambda f: slope(f).loss, 1e-3)
    np.testing.assert_allclose(gradient, numeric, atol=0.02 * np.abs(gradient).max())
    numeric = approx_fprime(FILTER, lambda f: slope(f).gradient, 1e-3)
    np.testing.assert_allclose(curvature, numeric, atol=0.02 * np.abs(curvature).max())


def test_later_spikes_leave_earlier_rates_alone():
    glm = CouplingGLM().fit(SPIKES.window(0, 10_000))
    counts = SPIKES.counts[:2_000].copy()
    counts[700:] = 3 - counts[700:].clip(0, 3)
    before, after = glm.rates(SPIKES.window(0, 2_000)), glm.rates(Spikes(counts, DT))
    np.testing.assert_array_equal(before[:701], after[:701])
    assert (before[701] != after[701]).all()


def test_settings_out_of_range_are_refused():
    for glm, message in [
        (CouplingGLM(tau=-1.0), "`tau` in seconds must be positive, got -1"),
        (CouplingGLM(l2=-1.0), "`l2` must be zero or positive"),
        (CouplingGLM(bin_width=1.5e-4), "`bin_width` must be a multiple of 0.0001 s"),
        (CouplingGLM(bin_width=20e-3), r"`bin_width` must be at most `tau` \(0.01 s\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            glm.fit(SPIKES)
