"""Alike weights are found alike, and the null knows that pairs share cells."""

import numpy as np
import pytest

from circuitlib.head_direction.resemblance import resemblance


def weights(rng, n=12):
    return rng.normal(size=(n, n))


def test_ranks_of_the_same_pairs_are_compared_without_the_diagonal():
    rng = np.random.default_rng(0)
    first = weights(rng)
    second = np.exp(first)  # another scale, the same order
    np.fill_diagonal(second, -99.0)
    second[0, 1] = np.nan
    found = resemblance(first, second)
    assert found.value == pytest.approx(1.0)
    assert found.chance == pytest.approx(1 / 1001)
    assert -0.4 < found.low < 0 < found.high < 0.4


def test_a_resemblance_to_a_third_one_is_taken_out():
    rng = np.random.default_rng(1)
    common = weights(rng)
    first, second = (common + 0.3 * weights(rng) for _ in range(2))
    assert resemblance(first, second).value > 0.8
    beyond = resemblance(first, second, given=common)
    assert abs(beyond.value) < 0.25
    own = 0.5 * weights(rng)
    shared = resemblance(first + own, second + own, given=common)
    assert shared.value > max(beyond.value, shared.high)


def test_gains_of_cells_alone_are_rarely_beyond_chance():
    rng, reached = np.random.default_rng(2), []
    for _ in range(60):
        gains = [np.add.outer(rng.normal(size=10), rng.normal(size=10)) for _ in range(2)]
        reached.append(resemblance(*gains, n_relabelled=100).chance < 0.05)
    # A test that took the pairs for independent would reject much more often.
    assert np.mean(reached) < 0.15


def test_cells_without_weights_are_left_out():
    first = weights(np.random.default_rng(3), 6)
    second = first.copy()
    second[2], second[:, 2] = np.nan, np.nan
    assert resemblance(first, second).value == pytest.approx(1.0)
    assert np.isnan(resemblance(first, np.full((6, 6), np.nan)).value)
