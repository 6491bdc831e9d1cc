"""The contrast is what its words say, and its errors are those of repeated draws."""

import numpy as np
import pytest

from circuitlib.head_direction.contrast import contrast


def test_near_minus_far_pairs_without_the_diagonal_and_what_is_not_known():
    preferred = np.array([0.0, 0.5, np.pi])
    weights = np.array([[9.0, 1.0, -2.0], [3.0, 9.0, -4.0], [np.nan, -6.0, 9.0]])
    assert contrast(weights, preferred).value == pytest.approx(2.0 - (-4.0))
    assert np.isnan(contrast(weights, np.zeros(3)).value)
    with pytest.raises(ValueError, match=r"`weights` must have shape \(2, 2\)"):
        contrast(weights, preferred[:2])


def test_errors_are_those_of_repeated_draws():
    rng = np.random.default_rng(0)
    preferred = rng.uniform(0, 2 * np.pi, 20)
    true = np.cos(preferred[:, None] - preferred)
    found = [
        contrast(true + rng.normal(0, 0.3, (20, 20)), preferred, np.full((20, 20), 0.3))
        for _ in range(200)
    ]
    spread = np.std([each.value for each in found])
    assert np.mean([each.by_weights for each in found]) == pytest.approx(spread, rel=0.15)
    # With other cells as well: each has its own gain.
    drawn = []
    for _ in range(200):
        preferred = rng.uniform(0, 2 * np.pi, 20)
        gain = rng.normal(1, 0.5, 20)
        drawn.append(contrast(np.cos(preferred[:, None] - preferred) * gain, preferred))
    spread = np.std([each.value for each in drawn])
    assert np.mean([each.error for each in drawn]) == pytest.approx(spread, rel=0.3)
