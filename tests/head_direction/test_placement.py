"""Neurons get their own places on the ring, as near to their directions as possible."""

from itertools import permutations

import numpy as np
import pytest

from circuitlib.head_direction.placement import place_on_ring

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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: place_on_ring(np.zeros(5), 4), "5 neurons do not fit on `n_nodes` = 4"),
        (lambda: place_on_ring(np.array([np.nan])), "`preferred` holds NaN"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
