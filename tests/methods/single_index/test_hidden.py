"""Hidden nodes: their traces follow from recorded spikes, and weights are found beside them."""

import numpy as np
import pytest

from circuitlib.methods.single_index.hidden import HiddenNodes
from circuitlib.methods.single_index.interpolated import InterpolatedNodes
from circuitlib.methods.single_index.link import straight
from circuitlib.methods.single_index.model import Model
from circuitlib.methods.single_index.ring import Ring
from circuitlib.methods.single_index.rounds import numbers_of
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.metrics import inference_error
from circuitlib.recordings.events import Events
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

DECAY = float(np.exp(-0.1))
NETWORK = RingNetwork()
SEEN = np.setdiff1d(np.arange(100), np.arange(0, 100, 5))  # every fifth neuron is hidden


@pytest.fixture
def nodes():
    """Return two hidden nodes that receive spikes from five neurons, and from each other."""
    rng = np.random.default_rng(0)
    return HiddenNodes(
        rng.normal(0, 0.2, (2, 5)), rng.normal(0, 0.2, (2, 2)), np.zeros(2), straight(-3.0)
    )


@pytest.fixture(scope="module")
def recording():
    """Return four neurons in five of a ring."""
    return simulate(NETWORK, 100.0, seed=100).select(SEEN)


def test_traces_are_those_of_a_plain_loop(nodes, coupled):
    spikes, _ = coupled
    spikes = spikes.window(0, 400)
    seen, hidden = np.zeros(5), np.zeros(2)
    found = nodes.traces(Events.of(spikes, 1e-3), DECAY).at(np.arange(400))
    for now in range(400):
        np.testing.assert_allclose(found[now], hidden, rtol=1e-3, atol=1e-4)
        drive = nodes.from_observed @ seen + nodes.between @ hidden
        rate = np.exp(np.minimum(drive, nodes.link.high) - 3)
        hidden = DECAY * (hidden + rate)
        seen = DECAY * (seen + spikes.counts[now])


def test_runs_begin_in_silence(nodes, coupled):
    whole = coupled[0].window(0, 400)
    cut = type(whole)(whole.counts, whole.dt, [0, 200])
    later = whole.window(200, 200)
    after, alone = (
        nodes.traces(Events.of(each, 1e-3), DECAY).at(np.arange(first, first + 100))
        for each, first in ((cut, 200), (later, 0))
    )
    np.testing.assert_allclose(after, alone)


def test_between_samples_traces_are_linear(nodes, coupled):
    events = Events.of(coupled[0].window(0, 400), 1e-3)
    slow = float(np.exp(-1e-3 / 50e-3))
    found = nodes.traces(events, slow)
    assert found.every == 5
    middle = (found.at(np.array([10])) + found.at(np.array([15]))) / 2
    np.testing.assert_allclose(found.at(np.array([12, 13])).mean(axis=0), middle[0], rtol=1e-6)


def test_interpolated_traces_lie_between_those_of_the_neighbours():
    angles = np.array([0.0, 1.0, 3.0, 1.5, 6.0])  # the last two are hidden
    nodes = InterpolatedNodes.on(angles, 2)
    last = 2 * np.pi - 3
    shares = [[0, 0.75, 0.25], [3 / last, 0, 1 - 3 / last]]
    np.testing.assert_allclose(nodes.shares.T, shares, atol=1e-6)
    observed = np.random.default_rng(0).random((4, 3), dtype=np.float32)
    found = nodes.at(np.arange(4), observed)
    np.testing.assert_allclose(found, observed @ np.transpose(shares), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unseen spikes prefer")
def test_interpolated_nodes_are_no_better_than_none(recording):
    train, test = recording.split(0.9)
    told = SingleIndex(
        structure="ring", directed=False, hidden=20, nodes="interpolated", n_draws=2
    ).fit(train)
    assert told.tried_[20].loss > told.tried_[0].loss - 2e-4
    assert told.weights_.shape == told.errors_.shape == (80, 80)
    counts = test.binned(1e-4).counts[800:]
    rates = told.rates(test)[800:]
    expected = (rates - counts * np.log(rates)).sum() / counts.sum()
    assert told.loss(test) == pytest.approx(expected, rel=2e-3)


def test_hidden_neurons_divide_the_widest_gaps():
    ring = Ring(np.array([0.0, 1.0, 1.5, 4.0]), np.ones(2), np.zeros(2)).with_hidden(3)
    # Gaps of 1, 0.5, 2.5 and 2.28 radians: two nodes in the widest, one in the next.
    np.testing.assert_allclose(
        np.sort(ring.angles[4:]), [1.5 + 2.5 / 3, 1.5 + 5 / 3, (4 + 2 * np.pi) / 2]
    )
    assert ring.weights.shape == (4, 7)
    assert ring.all_weights.shape == (7, 7)
    np.testing.assert_array_equal(ring.weights, ring.all_weights[:4])
    assert ring.with_hidden(2).n_hidden == 2


def test_hidden_nodes_take_what_they_cannot_know_from_the_others():
    weights = np.arange(16.0).reshape(4, 4)
    model = Model(np.diag([-1.0, -3.0, -2.0]), np.array([1.0, 2.0, 6.0]), straight(0.0))
    nodes = HiddenNodes.of(weights, model)
    np.testing.assert_array_equal(nodes.from_observed, [[12, 13, 14]])
    assert (nodes.between.item(), nodes.offsets.item(), nodes.number) == (-2, 3, 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unseen spikes prefer")  # to a ring without its hidden neurons
def test_hidden_nodes_halve_the_error_and_predict_unseen_spikes_better(recording):
    train, test = recording.split(0.9)
    truth = NETWORK.weights[np.ix_(SEEN, SEEN)]
    plain, told = (
        SingleIndex(structure="ring", directed=False, hidden=hidden, n_draws=2).fit(train)
        for hidden in (None, 20)
    )
    assert told.hidden_.number == told.structure_.n_hidden == 20
    assert plain.weights_.shape == told.weights_.shape == told.errors_.shape == (80, 80)
    assert inference_error(truth, told.weights_) < inference_error(truth, plain.weights_) / 1.5
    assert told.loss(test) < plain.loss(test)
    assert told.tried_[20].loss < told.tried_[0].loss
    rates = told.rates(test)[800:]
    counts = test.binned(1e-4).counts[800:]
    expected = (rates - counts * np.log(rates)).sum() / counts.sum()
    assert told.loss(test) == pytest.approx(expected, rel=2e-3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unseen spikes prefer")
def test_the_pair_network_has_hidden_nodes_too(recording, short_training):
    short_training(16, 300, 1)
    told = SingleIndex(structure="pairs", directed=False, hidden=20, n_draws=2).fit(recording)
    assert told.hidden_.number == 20
    assert told.structure_.all_weights.shape == (100, 100)
    assert told.weights_.shape == told.errors_.shape == (80, 80)
    # Even the ring does worse without hidden nodes.
    truth = NETWORK.weights[np.ix_(SEEN, SEEN)]
    without = told.tried_[0].weights
    assert inference_error(truth, told.weights_) < inference_error(truth, without)


def test_no_hidden_node_gives_exactly_the_plain_result(small_ring):
    plain, none = (
        SingleIndex(structure="ring", directed=False, hidden=hidden, n_draws=2).fit(small_ring[0])
        for hidden in (None, 0)
    )
    assert isinstance(plain.structure_, Ring)
    np.testing.assert_array_equal(plain.weights_, none.weights_)


def test_numbers_that_are_tried_end_with_the_recorded_neurons():
    assert numbers_of("auto", 25) == [5, 10, 20]
    assert (numbers_of(None, 25), numbers_of(0, 25), numbers_of(7, 25)) == ([], [], [7])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"structure": "ring", "hidden": -1}, '`hidden` must be a number or "auto"'),
        ({"structure": "free", "hidden": 5}, 'need the structure "ring" or "pairs"'),
        ({"nodes": "neighbours"}, '`nodes` must be "interpolated" or None'),
    ],
)
def test_bad_settings_are_named(settings, message, recording):
    estimator = SingleIndex()
    vars(estimator).update(settings)
    with pytest.raises(ValueError, match=message):
        estimator.fit(recording)
