"""The list of connections holds those that are there, and few others."""

import numpy as np
import pytest

from circuitlib.methods.discoveries import discoveries

N = 60
RNG = np.random.default_rng(0)


def test_the_list_keeps_its_rate_and_misses_little():
    there = RNG.random((N, N)) < 0.1
    np.fill_diagonal(there, False)
    shares, found = [], []
    for _ in range(20):
        errors = RNG.uniform(0.5, 2.0, (N, N))
        weights = errors * (RNG.standard_normal((N, N)) + 5 * there)
        listed = discoveries(weights, errors, 0.1)
        shares.append((listed & ~there).sum() / listed.sum())
        found.append((listed & there).sum() / there.sum())
    assert 0.05 < np.mean(shares) < 0.12
    assert np.mean(found) > 0.95


def test_what_was_not_inferred_is_not_in_the_list():
    weights, errors = np.full((4, 4), 9.0), np.ones((4, 4))
    np.fill_diagonal(errors, np.nan)
    weights[2], errors[2] = np.nan, np.nan
    expected = ~np.eye(4, dtype=bool)
    expected[2] = False
    np.testing.assert_array_equal(discoveries(weights, errors), expected)


@pytest.mark.parametrize(
    ("errors", "rate", "message"),
    [
        (np.ones((3, 3)), 0.0, "`rate` must lie between 0 and 1"),
        (np.full((3, 3), np.nan), 0.1, "no weight has an error"),
    ],
)
def test_bad_input_is_refused(errors, rate, message):
    with pytest.raises(ValueError, match=message):
        discoveries(np.ones((3, 3)), errors, rate)
