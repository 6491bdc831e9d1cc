"""A ring and weights of low rank are found again, also when they are directed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from circuitlib.methods.single_index.low_rank import fit_low_rank
from circuitlib.methods.single_index.order import around_the_ring, arrangements
from circuitlib.methods.single_index.pairs import QuadraticLoss, fit_pairs, leading_modes
from circuitlib.methods.single_index.ring import Ring, fit_ring
from circuitlib.simulation.networks import RingNetwork

N = 24
APART = ~np.eye(N, dtype=bool)


def true_ring(directed):
    rng = np.random.default_rng(0)
    sines = np.array([0.0, 0.1, -0.05, 0.0]) if directed else np.zeros(4)
    cosines = np.array([-0.2, 0.4, 0.1, -0.1])
    return Ring(rng.uniform(0, 2 * np.pi, N), cosines, sines)


def with_noise(weights):
    return weights + np.random.default_rng(1).normal(0, 0.01, weights.shape)


@pytest.mark.parametrize("directed", [False, True], ids=["symmetric", "directed"])
def test_a_ring_is_found_without_an_order(make_quadratic, directed):
    ring = true_ring(directed)
    train = make_quadratic(with_noise(ring.weights))
    found = fit_ring(train, train.origin, directed)
    # The candidate that has all harmonics of the truth, and no more.
    assert len(found.cosines) == len(ring.cosines)
    error = np.linalg.norm((found.weights - ring.weights)[APART])
    free = np.linalg.norm((train.origin - ring.weights)[APART])
    # N angles and 4 or 7 coefficients share what N (N - 1) free weights scatter.
    assert error < 1.5 * free * np.sqrt((N + 7) / (N * (N - 1)))
    # Angles are those of the truth, up to a turn and a reflection.
    turn, mirrored = (np.exp(1j * (found.angles - sign * ring.angles)) for sign in (1, -1))
    assert max(abs(turn.mean()), abs(mirrored.mean())) > 0.999


@pytest.mark.parametrize("n_neurons", [2, 3, 4, 5])
def test_few_neurons_make_a_ring_too(make_quadratic, n_neurons):
    weights = np.full((n_neurons, n_neurons), -0.2) * ~np.eye(n_neurons, dtype=bool)
    quadratic = make_quadratic(weights)
    np.testing.assert_allclose(fit_ring(quadratic, weights, False).weights, weights, atol=1e-2)


def test_neighbours_lie_beside_each_other_and_a_gap_is_left():
    places = np.random.default_rng(3).permutation(75)  # of 100: a whole bump is missing
    weights = RingNetwork().weights[np.ix_(places, places)]
    angles = around_the_ring(weights, gap=0.25)
    assert abs(spearmanr(angles, places).statistic) > 0.999
    assert angles.max() - angles.min() == pytest.approx(2 * np.pi * 0.75)
    weights[4] = weights[:, 4] = 0  # a neuron without connections has some place
    assert len(np.unique(around_the_ring(weights, gap=0.25))) == 75


def test_one_way_to_put_pieces_together_is_that_of_the_ring():
    places = np.setdiff1d(np.arange(100), [*range(8, 16), *range(40, 48), *range(70, 78)])
    weights = RingNetwork().weights[np.ix_(places, places)]
    noise = np.random.default_rng(1).normal(0, 0.1 * weights.std(), weights.shape)
    found = [np.exp(1j * angles) for angles in arrangements(weights + noise)]
    true = np.exp(2j * np.pi * places / 100)
    fits = [max(abs((z * true).mean()), abs((z / true).mean())) for z in found]
    assert max(fits) > 0.99
    assert np.median(fits) < 0.9


@pytest.mark.parametrize("directed", [False, True], ids=["symmetric", "directed"])
def test_a_small_change_of_the_loss_moves_the_ring_a_little(make_quadratic, directed):
    ring = true_ring(directed)
    found = ring.refit(make_quadratic(with_noise(ring.weights)), directed)
    assert np.abs(found.weights - ring.weights).max() < 0.02


def test_weights_of_a_ring_are_sums_over_harmonics():
    ring = true_ring(directed=True)
    turn = ring.angles[3] - ring.angles[5]
    k = np.arange(4)
    expected = ring.cosines @ np.cos(k * turn) + ring.sines @ np.sin(k * turn)
    assert ring.weights[3, 5] == pytest.approx(expected)
    np.testing.assert_allclose(ring.with_harmonics(9).weights, ring.weights)
    np.testing.assert_allclose(ring.scaled(2.0).weights, 2 * ring.weights)


@pytest.mark.parametrize("directed", [False, True], ids=["symmetric", "directed"])
def test_the_rank_is_found(make_quadratic, directed):
    rng = np.random.default_rng(2)
    post, pre = rng.normal(0, 0.5, (2, N, 2))
    truth = (post @ pre.T if directed else post @ post.T) * APART
    train, validation = make_quadratic(with_noise(truth)), make_quadratic(truth)
    found = fit_low_rank(train, validation, train.origin, directed)
    assert found.rank == 2
    error, free = (np.linalg.norm((w - truth)[APART]) for w in (found.weights, train.origin))
    assert error < 1.5 * free * np.sqrt(4 / N)
    np.testing.assert_allclose(found.scaled(3.0).weights, 3 * found.weights)
    if not directed:
        np.testing.assert_allclose(found.weights, found.weights.T)


@pytest.mark.parametrize("directed", [False, True], ids=["symmetric", "directed"])
def test_pairs_make_what_their_embeddings_say(make_quadratic, directed, short_training):
    short_training(modes=8, n_steps=250)
    ring = true_ring(directed)
    train, validation = make_quadratic(with_noise(ring.weights)), make_quadratic(ring.weights)
    found = fit_pairs(train, validation, train.origin, directed, seed=0)
    assert np.linalg.norm(found.weights - ring.weights) < 0.15 * np.linalg.norm(ring.weights)
    assert np.allclose(found.weights, found.weights.T) is not directed
    assert not np.diagonal(found.weights).any()
    np.testing.assert_allclose(found.scaled(2.0).weights, 2 * found.weights, rtol=1e-4, atol=1e-6)
    first, second = found.each
    # Half the squared difference of two is their variance.
    variance = ((first - second) ** 2 / 2).mean()
    assert (found.scatter**2).mean() == pytest.approx(variance)
    again = found.refit(train, directed)
    assert train.loss(again.weights) < train.loss(found.weights)


def test_the_loss_of_the_training_and_its_gradient_are_those_of_the_expansion(make_quadratic):
    rng = np.random.default_rng(0)
    apart = ~np.eye(12, dtype=bool)
    quadratic = make_quadratic(rng.normal(0, 0.1, (12, 12)))
    quadratic = replace(quadratic, gradient=rng.normal(0, 30, (12, 12)) * apart)
    weights = torch.tensor(rng.normal(0, 0.1, (12, 12)) * apart, dtype=torch.float32)
    value, slope = quadratic.loss_and_slope(weights.numpy().astype(float))
    loss = QuadraticLoss(quadratic)
    assert loss.value(weights) * quadratic.n_spikes == pytest.approx(value, rel=1e-4)
    loss.downhill(weights.requires_grad_()).backward()
    found = weights.grad.numpy() * quadratic.n_spikes
    np.testing.assert_allclose(found[apart], slope[apart], rtol=1e-4, atol=1e-3 * slope.std())


@pytest.mark.parametrize("directed", [False, True], ids=["symmetric", "directed"])
def test_leading_modes_span_weights_of_their_rank(directed):
    rng = np.random.default_rng(4)
    post, pre = rng.normal(size=(2, N, 3))
    weights = post @ pre.T if directed else post @ post.T
    modes = leading_modes(weights, 3, directed)
    assert modes.shape == (N, 6 if directed else 3)
    inside = modes @ np.linalg.lstsq(modes, weights, rcond=None)[0]
    np.testing.assert_allclose(inside, weights, atol=1e-10)
    assert (modes[:, 0] ** 2).mean() == pytest.approx(1)
