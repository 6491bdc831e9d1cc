"""Weights are averaged over pairs by the angle between their neurons."""

import numpy as np
import pytest

from circuitlib.head_direction.angular_profile import angular_profile

RNG = np.random.default_rng(0)
TAU = 2 * np.pi


def test_the_profile_of_a_function_of_angle_is_that_function():
    preferred = np.arange(15) * TAU / 15
    difference = np.angle(np.exp(1j * (preferred[:, None] - preferred)))
    profile = angular_profile(np.floor(np.abs(difference) / np.pi * 7), preferred, n_bins=7)
    np.testing.assert_allclose(profile.angles, (np.arange(7) + 0.5) * np.pi / 7)
    np.testing.assert_array_equal(profile.mean, np.arange(7))
    np.testing.assert_array_equal(profile.n_pairs, 15)
    np.testing.assert_array_equal(profile.error, 0)


def test_a_symmetric_matrix_counts_every_pair_once():
    preferred = RNG.uniform(0, TAU, 20)
    weights = RNG.normal(size=(20, 20))
    weights = weights + weights.T
    mean, error, n_pairs = angular_profile(weights, preferred, n_bins=1)[1:]
    pairs = weights[np.triu_indices(20, k=1)]
    assert n_pairs[0] == 190
    assert mean[0] == pytest.approx(pairs.mean())
    assert error[0] == pytest.approx(pairs.std(ddof=1) / np.sqrt(190))


def test_missing_weights_and_empty_bins_are_left_out():
    weights = np.ones((3, 3))
    weights[0, 1] = np.nan
    np.fill_diagonal(weights, 99.0)
    profile = angular_profile(weights, np.array([0.0, 0.1, 0.2]), n_bins=2)
    np.testing.assert_array_equal(profile.n_pairs, [2, 0])
    assert profile.mean[0] == 1
    assert np.isnan(profile.mean[1])


def test_turning_all_directions_together_changes_nothing():
    preferred, weights = RNG.uniform(0, TAU, 12), RNG.normal(size=(12, 12))
    one, other = (angular_profile(weights, p) for p in (preferred, preferred + 2.5))
    np.testing.assert_allclose(one.mean, other.mean)
    np.testing.assert_allclose(one.error, other.error)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: angular_profile(np.ones((2, 2)), np.ones(3)), r"`weights` must have shape \(3, 3"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
