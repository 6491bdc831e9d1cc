"""The metrics take their known values."""

import numpy as np
import pytest

from circuitlib.metrics import (
    bits_per_spike,
    bits_per_spike_by_neuron,
    inference_error,
    mean_profile,
    score_weights,
)
from circuitlib.simulation.networks import RingNetwork

NETWORK = RingNetwork()
TRUTH = NETWORK.weights
RNG = np.random.default_rng(0)
RANDOM = RNG.standard_normal((100, 100))


@pytest.mark.parametrize("scale", ["least-squares", "mean-profile"])
@pytest.mark.parametrize("factor", [-3.0, 0.2])
def test_a_scaled_truth_has_no_error(scale, factor):
    assert inference_error(TRUTH, factor * TRUTH, scale) == pytest.approx(0, abs=1e-12)


def test_least_squares_error_is_the_sine_of_the_angle():
    weights = TRUTH + 1e-3 * RNG.standard_normal(TRUTH.shape)
    off = ~np.eye(100, dtype=bool)
    a, b = TRUTH[off], weights[off]
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert inference_error(TRUTH, weights) == pytest.approx(np.sqrt(1 - cosine**2))


def test_bias_and_variance_add_up():
    score = score_weights(TRUTH, TRUTH + 1e-4 * RNG.standard_normal(TRUTH.shape))
    assert score.delta**2 == pytest.approx(score.bias**2 + score.variance**2)
    # Independent noise is averaged over 100 rows in the mean profile, by a factor of about 10.
    assert score.bias < 0.2 * score.variance


def test_the_paper_scale_is_the_best_l1_scale_of_the_mean_profile():
    weights = TRUTH + 1e-3 * RNG.standard_normal(TRUTH.shape)
    profile, found = mean_profile(TRUTH)[1:], mean_profile(weights)[1:]
    grid = np.linspace(-3, 3, 60_001)
    best = grid[np.abs(profile[:, None] - found[:, None] * grid).sum(axis=0).argmin()]
    off = ~np.eye(100, dtype=bool)
    expected = np.linalg.norm((TRUTH - best * weights)[off]) / np.linalg.norm(TRUTH[off])
    assert inference_error(TRUTH, weights, "mean-profile") == pytest.approx(expected, abs=1e-3)


def test_a_copy_one_bump_away_is_a_side_trough():
    copies = TRUTH + 0.5 * (np.roll(TRUTH, 25, axis=0) + np.roll(TRUTH, -25, axis=0))
    plain, troughs = (score_weights(TRUTH, w, 25).side_trough for w in (TRUTH, copies))
    assert abs(plain) < 0.1
    assert troughs < plain


def test_entries_that_were_not_inferred_are_left_out():
    weights = TRUTH.copy()
    weights[3] = np.nan
    assert inference_error(TRUTH, weights) == pytest.approx(0, abs=1e-12)
    assert score_weights(TRUTH, weights).delta == pytest.approx(0, abs=1e-6)


def test_mean_profile_reads_post_minus_pre():
    weights = np.zeros((5, 5))
    weights[np.arange(5), np.arange(5) - 2] = 1.0
    np.testing.assert_array_equal(mean_profile(weights), [0, 0, 1, 0, 0])


def test_the_mean_rate_carries_no_bits_and_the_true_rate_its_information():
    rates = RNG.uniform(0.01, 0.5, size=(50_000, 3))
    counts = RNG.poisson(rates)
    assert bits_per_spike(counts, np.tile(counts.mean(axis=0), (50_000, 1))) == pytest.approx(0)
    mean = rates.mean(axis=0)
    expected = (rates * np.log2(rates / mean)).mean(axis=0) / mean
    np.testing.assert_allclose(bits_per_spike_by_neuron(counts, rates), expected, atol=0.02)


@pytest.mark.parametrize(
    ("truth", "weights", "message"),
    [
        (TRUTH, TRUTH[:5, :5], "shape|Type-check"),
        (TRUTH[:5], TRUTH[:5], "must have shape"),
        (TRUTH, np.full_like(TRUTH, np.nan), "no inferred entry"),
        (np.zeros_like(TRUTH), TRUTH, "no connection"),
    ],
)
def test_matrices_that_cannot_be_scored_are_refused(truth, weights, message):
    with pytest.raises(Exception, match=message):
        score_weights(truth, weights)


def test_without_a_ring_only_the_error_and_the_scale_are_known():
    score = score_weights(RANDOM, TRUTH, 25)
    assert score.delta == inference_error(RANDOM, TRUTH)
    assert np.isnan([score.delta_paper, score.bias, score.variance, score.side_trough]).all()


def test_negative_rates_are_refused():
    with pytest.raises(ValueError, match="zero or positive"):
        bits_per_spike(np.ones((2, 2)), np.array([[1.0, 1.0], [-1.0, 1.0]]))


def test_weights_of_zero_have_the_full_error_and_no_trough():
    score = score_weights(TRUTH, np.zeros_like(TRUTH), NETWORK.bump_spacing)
    assert score.delta == score.delta_paper == 1
    assert np.isnan(score.side_trough)
