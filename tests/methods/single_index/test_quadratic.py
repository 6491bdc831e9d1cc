"""The quadratic loss is the full one with all but the weights between neurons at its best."""

import numpy as np
import pytest

from circuitlib.methods.single_index.quadratic import Quadratic
from circuitlib.methods.single_index.scoring import penalized_curvature


def dense(curvature):
    """Return gradient and curvature of all parameters: each neuron's own, then the link's."""
    n, own = curvature.gradient.own.shape
    size = n * own
    full = np.zeros((size + len(curvature.link),) * 2)
    for i in range(n):
        mine = slice(i * own, (i + 1) * own)
        full[mine, mine] = curvature.own[i]
        full[mine, size:] = curvature.cross[i]
        full[size:, mine] = curvature.cross[i].T
    full[size:, size:] = curvature.link
    return np.concatenate((curvature.gradient.own.ravel(), curvature.gradient.link)), full


def test_it_equals_the_schur_complement(likelihood, model):
    curvature = penalized_curvature(likelihood[0], model)
    gradient, full = dense(curvature)
    quadratic = Quadratic.of(curvature, model)
    between = np.zeros(len(gradient), dtype=bool)
    between[:20] = np.column_stack((~np.eye(4, dtype=bool), np.zeros(4, dtype=bool))).ravel()
    mixing = full[np.ix_(between, ~between)] @ np.linalg.inv(full[np.ix_(~between, ~between)])
    schur = full[np.ix_(between, between)] - mixing @ full[np.ix_(~between, between)]
    slope = gradient[between] - mixing @ gradient[~between]
    step = np.random.default_rng(0).normal(0, 0.1, (4, 4)) * (1 - np.eye(4))
    flat = step[~np.eye(4, dtype=bool)]
    value, by_weight = quadratic.loss_and_slope(quadratic.origin + step)
    assert value == pytest.approx(slope @ flat + flat @ schur @ flat / 2, rel=1e-4)
    np.testing.assert_allclose(
        by_weight[~np.eye(4, dtype=bool)], slope + schur @ flat, rtol=1e-3, atol=1e-2
    )


def test_the_diagonal_does_not_matter(make_quadratic):
    quadratic = make_quadratic(np.zeros((4, 4)))
    assert quadratic.loss(np.diag([1.0, 2.0, 3.0, 4.0])) == 0
