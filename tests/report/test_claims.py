"""What is claimed is beyond the controls, and no more of it is false than is said."""

import numpy as np
import pytest
from scipy.stats import binom, false_discovery_control, norm

from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.report.claims import Estimate, beyond, claim
from circuitlib.report.controls import DRAWS, controls_of, draw, estimate
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate
from circuitlib.simulation.sparse_network import SparseNetwork

N = 40
APART = ~np.eye(N, dtype=bool)


def noise(rng, scatter=1.0, mean=0.0):
    return Estimate(mean + rng.normal(size=(N, N)) * scatter, np.ones((N, N)))


def claims_of(recording, angle):
    """Fit a recording and its controls as a report does."""
    method = SingleIndex(angle=angle)
    fitted = SingleIndex(angle=angle).fit(recording)
    drawn = {
        name: [
            estimate(name, method, fitted, draw(name, recording, method.tau, seed))
            for seed in range(DRAWS)
        ]
        for name in controls_of(recording)
    }
    return claim(Estimate(fitted.weights_, fitted.errors_), drawn), fitted.weights_


def test_the_score_is_that_of_a_difference_of_means():
    rng = np.random.default_rng(0)
    own, draws = noise(rng), [noise(rng) for _ in range(3)]
    found = beyond(own, draws)
    mean = np.mean([each.weights for each in draws], axis=0)
    np.testing.assert_allclose(found.excess, own.weights - mean)
    expected = (own.weights - mean) / np.sqrt(1 + 1 / 3) / found.spread
    np.testing.assert_allclose(found.z[APART], expected[APART])
    assert np.isnan(np.diagonal(found.z)).all()


def test_chance_is_claimed_at_most_as_often_as_is_said():
    any_claimed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        controls = {"shifted": [noise(rng) for _ in range(3)]}
        any_claimed += claim(noise(rng), controls).claimed.any()
    assert any_claimed <= binom.ppf(0.99, 200, 0.05)


def test_errors_that_are_too_small_are_widened_by_what_the_control_scatters():
    rng = np.random.default_rng(0)
    draws = [noise(rng, 2.5) for _ in range(3)]
    found = beyond(noise(rng, 2.5), draws)
    assert found.spread == pytest.approx(2.5, rel=0.08)
    assert not found.found.any()
    assert found.by_chance == 0


def test_errors_that_are_too_small_for_some_pairs_only_are_widened_too():
    rng = np.random.default_rng(0)
    odd = 1 + 4 * (rng.random((N, N)) < 0.05)
    draws = [Estimate(rng.normal(size=(N, N)) * odd, np.ones((N, N))) for _ in range(4)]
    found = beyond(draws[0], draws[1:])
    assert found.spread > 1.5


def test_a_neuron_whose_fit_got_lost_in_a_control_does_not_hide_all_others():
    rng = np.random.default_rng(0)
    draws = [noise(rng) for _ in range(3)]
    draws[1].weights[7] += 100 * rng.normal(size=N)
    draws[1].weights[30] += 50 * rng.normal(size=N)
    own = noise(rng)
    own.weights[:, 3] += 20
    found = beyond(own, draws)
    assert found.spread < 1.3
    np.testing.assert_array_equal(np.flatnonzero(found.lost), [7, 30])
    assert not found.found[[7, 30]].any()
    rest = np.setdiff1d(np.arange(N), [3, 7, 30])
    assert found.found[rest, 3].all()
    assert found.by_chance < 5


def test_errors_are_never_narrowed():
    rng = np.random.default_rng(0)
    assert beyond(noise(rng, 0.1), [noise(rng, 0.1) for _ in range(3)]).spread == 1.0


def test_connections_are_found_and_what_the_control_has_too_is_not():
    rng = np.random.default_rng(0)
    common = 10 * (rng.random((N, N)) < 0.2)
    true = 10 * (rng.random((N, N)) < 0.1) * APART
    own = noise(rng, mean=common + true)
    controls = {
        "shifted": [noise(rng) for _ in range(3)],
        "jittered": [noise(rng, mean=common) for _ in range(3)],
    }
    found = claim(own, controls)
    assert found.claimed[true > 0].mean() > 0.95
    assert (found.claimed & (true == 0)).sum() <= 0.15 * found.claimed.sum()
    assert found.beyond["shifted"].found[(common > 0) & APART].all()
    assert found.alone[(common > 0) & APART].all()


def test_what_is_beyond_two_controls_in_opposite_directions_is_not_claimed():
    rng = np.random.default_rng(0)
    controls = {
        "shifted": [noise(rng, mean=-20.0) for _ in range(3)],
        "jittered": [noise(rng, mean=20.0) for _ in range(3)],
    }
    found = claim(noise(rng), controls)
    assert found.beyond["shifted"].found[APART].all()
    assert found.beyond["jittered"].found[APART].all()
    assert not found.claimed.any()


def test_the_list_is_that_of_the_least_score_and_within_both_lists():
    rng = np.random.default_rng(0)
    own = noise(rng, 3.0)
    controls = {name: [noise(rng) for _ in range(3)] for name in ("shifted", "jittered")}
    found = claim(own, controls, rate=0.1)
    least = np.minimum(*(np.abs(each.z) for each in found.beyond.values()))
    same = np.sign(found.beyond["shifted"].z) == np.sign(found.beyond["jittered"].z)
    chance = np.where(same, 2 * norm.sf(least), 1.0)[APART]
    np.testing.assert_allclose(found.adjusted[APART], false_discovery_control(chance))
    np.testing.assert_array_equal(found.claimed[APART], found.adjusted[APART] <= 0.1)
    assert found.claimed.any()
    for each in found.beyond.values():
        assert each.found[found.claimed].all()


def test_what_cannot_be_claimed_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="there is none"):
        claim(noise(rng), {})
    with pytest.raises(ValueError, match="two draws"):
        claim(noise(rng), {"shifted": [noise(rng)]})


@pytest.mark.slow
@pytest.mark.parametrize("angle", ["tuning", None])
@pytest.mark.filterwarnings("ignore:the fit ended:UserWarning")
@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")
def test_uncoupled_cells_are_called_connected_no_more_often_than_is_said(angle):
    any_claimed, alone = 0, 0
    for seed in range(20):
        cells = simulate_stand_in(seed, duration=400.0, n_neurons=12).spikes
        if angle is None:
            cells = type(cells)(cells.counts, cells.dt)
        found, _ = claims_of(cells, angle)
        any_claimed += bool(found.claimed.any())
        alone += int(found.alone.sum())
    # Every claim is false here, so that the rate is that of recordings with a claim.
    assert any_claimed <= binom.ppf(0.99, 20, 0.05)
    # Without the angle the errors alone would call most pairs connected.
    assert alone > 20 * 60 if angle is None else alone < 20


@pytest.mark.slow
def test_connections_of_a_ring_are_found_with_their_sign():
    ring = simulate(RingNetwork(n_neurons=40), 120.0, seed=0)
    found, weights = claims_of(ring, None)
    true = ring.network.weights * APART
    strong = np.abs(true) > 0.2 * np.abs(true).max()
    right = np.sign(weights) == np.sign(true)
    assert (found.claimed & strong & right).sum() > 0.75 * strong.sum()
    assert (found.claimed & strong & ~right).sum() <= 0.01 * found.claimed.sum()


@pytest.mark.slow
def test_pairs_without_a_connection_are_left_out_of_the_list_of_a_sparse_network():
    network = SparseNetwork(n_neurons=30)
    found, weights = claims_of(simulate(network, 120.0, seed=0), None)
    true = network.weights * ~np.eye(30, dtype=bool)
    strong = np.abs(true) > 0.2 * np.abs(true).max()
    assert (found.claimed & strong).sum() > 0.75 * strong.sum()
    assert (np.sign(weights) == np.sign(true))[found.claimed & strong].all()
    false = int((found.claimed & (true == 0)).sum())
    assert false <= binom.ppf(0.99, int(found.claimed.sum()), 0.05)
