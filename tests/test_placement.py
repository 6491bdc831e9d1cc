"""Neurons get their own places on the ring, and weights are averaged by angle."""

from itertools import permutations

import numpy as np
import pytest

from circuitlib.head_direction.angular_profile import angular_profile
from circuitlib.head_direction.placement import place_on_ring

RNG = np.random.default_rng(0)
TAU = 2 * np.pi


def test_far_apart_neurons_get_their_nearest_nodes():
    preferred = np.array([3.1, 0.07, 6.27, 1.5])
    expected = np.round(preferred / TAU * 100).astype(int) % 100
    np.testing.assert_array_equal(place_on_ring(preferred), expected)


def test_nodes_differ_and_the_displacement_is_the_smallest_possible():
    preferred = np.array([0.1, 0.12, 0.2, 3.0, 6.2])
    places = TAU * np.arange(7) / 7

    def cost(nodes):
        return (np.angle(np.exp(1j * (places[list(nodes)] - preferred))) ** 2).sum()

    nodes = place_on_ring(preferred, n_nodes=7)
    assert len(set(nodes.tolist())) == 5
    assert cost(nodes) == pytest.approx(min(cost(p) for p in permutations(range(7), 5)))


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
        (lambda: place_on_ring(np.zeros(5), 4), "5 neurons do not fit on `n_nodes` = 4"),
        (lambda: place_on_ring(np.array([np.nan])), "`preferred` holds NaN"),
        (lambda: angular_profile(np.ones((2, 2)), np.ones(3)), r"`weights` must have shape \(3, 3"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
