"""Weights follow the spikes, and not the clock, the order of units or how a recording was kept."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

import circuitlib as cl
from circuitlib.methods.inference import infer

#: Few steps, for speed, as in `short`: what is tested holds at every step.
FAST = {
    "gnn": {"n_draws": 1},
    "gnn-ring": {"n_draws": 1},
    "glm-rectified-lowrank": {"n_draws": 1},
    "gnn-paper": {
        "bin_width": 1e-3,
        "n_free": 10,
        "n_steps": 10,
        "n_fit": 10,
        "batch": 64,
        "kernels": 4,
        "n_pieces": 4,
    },
    "netformer": {"n_steps": 30},
    "tca": {"n_steps": 50, "rank": 2},
    "seqnmf": {"n_steps": 50, "n_sequences": 2},
    "l1-logistic": {"l1": 1e-4},  # the chosen one leaves no weights here
}
#: Methods whose weights depend on the order of the units, and why.
ORDERED = {
    "gnn": "random noise for each unit",
    "gnn-paper": "random initial parameters for each unit",
    "netformer": "random initial parameters for each unit",
    "seqnmf": "random initial sequences for each unit",
}
#: Methods whose weights change by more than a standard error if bins move, and why.
BATCHED = {
    "gnn-paper": "random batches of spikes",
    "netformer": "random batches of bins",
}
#: Methods that decide on something by validation, which a cut may tip, and on what.
DECIDED_ANEW = {
    "gnn": "how much noise blurs the features",
    "gnn-ring": "whether there is a ring",
}
#: Methods whose weights have no closed form; they end within a hundredth of a standard error.
CLOSE = 1e-2
N, DURATION, STEP = 6, 7.0, 1e-4
HALF = DURATION / 2
#: Seconds of history that a method sees at most, and so loses at a cut.
HISTORY = 60e-3
ORDER = np.array([3, 0, 5, 1, 4, 2])
FEW_STEPS = pytest.mark.filterwarnings("ignore:.*worse than the mean rates")
FEW_SPIKES = pytest.mark.filterwarnings("ignore:.*prefer free weights to the structure")
all_methods = pytest.mark.parametrize("method", cl.METHODS)
pytestmark = [pytest.mark.slow, FEW_STEPS, FEW_SPIKES]


@pytest.fixture(autouse=True)
def short(short_training):
    """Let the structure module of "gnn" train for few steps only."""
    short_training(modes=16, n_steps=200)


def made(method):
    return replace(cl.make(method), **FAST.get(method, {}))


def fitted(method, recording):
    return made(method).fit(recording).weights_.copy()


def chooses_by_the_end(method):
    """Tell whether a method keeps the last part of a recording to choose by."""
    estimator = made(method)
    settings = [getattr(estimator, each.name) for each in fields(estimator) if each.init]
    return "validation" in settings or hasattr(estimator, "validation")


def all_but(*exceptions):
    """Run a test for every method that claims what it shows; each exception has its reason."""
    names = [name for name in cl.METHODS if not any(name in each for each in exceptions)]
    return pytest.mark.parametrize("method", names)


#: A last part of a recording decides on a setting, so that it matters which part is the last, and
#: another unit may change the decision.
CHOOSING = {name for name in cl.METHODS if chooses_by_the_end(name)}
#: So few bins of 5 ms do not tell weights from chance.
BINARY = {name for name, row in cl.METHODS.items() if row.family == "binary model"}
#: Weights that are not symmetric leave it several optima, of which it warns.
SEVERAL_OPTIMA = {"glm-rectified-symmetric"}


def change(weights, reference):
    """Return the size of a change of weights, relative to them."""
    return np.linalg.norm(weights - reference) / np.linalg.norm(reference)


@cache
def ring():
    """Return spikes of a small ring, on the edges of bins of 0.1 ms."""
    ring = cl.RingNetwork(n_neurons=N, strength=0.01)
    trains = cl.simulate(ring, duration=DURATION, seed=0)
    times = np.floor(trains.times / STEP + 1e-6) * STEP
    return cl.SpikeTrains(times, trains.offsets, DURATION)


def cut_ring():
    """Return the ring with a cut in the middle, as two runs."""
    return replace(ring(), run_starts=np.array([0.0, HALF]))


@cache
def of_ring(method):
    return fitted(method, ring())


@cache
def of_cut_ring(method):
    return fitted(method, cut_ring())


@all_methods
@pytest.mark.parametrize("zero", [5565.0, 1.5e9], ids=["a session", "since 1970"])
def test_the_zero_of_the_clock_does_not_matter(method, zero):
    trains = ring()
    shifted = cl.SpikeTrains.within(trains.times + zero, trains.offsets, [[zero, zero + DURATION]])
    np.testing.assert_array_equal(fitted(method, shifted), of_ring(method))


@all_methods
def test_a_pause_that_the_intervals_take_out_leaves_a_cut(method):
    trains, pause = ring(), 3.0
    times = trains.times + pause * (trains.times >= HALF)
    intervals = [[0.0, HALF], [HALF + pause, DURATION + pause]]
    paused = cl.SpikeTrains.within(times, trains.offsets, intervals)
    np.testing.assert_array_equal(fitted(method, paused), of_cut_ring(method))


@all_but(BATCHED, DECIDED_ANEW)
def test_a_cut_costs_no_more_than_the_history_after_it(method):
    # Weights are no smaller than their standard errors here, and a share of the data is worth its
    # root in standard errors.
    assert change(of_cut_ring(method), of_ring(method)) < np.sqrt(HISTORY / DURATION)


@all_but(BATCHED, CHOOSING, {"seqnmf": "random initial times for each bin"})
def test_the_order_of_two_runs_does_not_matter(method):
    trains = ring()
    early, late = trains.between(0.0, HALF), trains.between(HALF, DURATION)
    times = [np.concatenate((late[unit], early[unit] + HALF)) for unit in range(N)]
    exchanged = replace(cut_ring(), times=np.concatenate(times))
    assert change(fitted(method, exchanged), of_cut_ring(method)) < CLOSE


@all_methods
def test_units_in_another_order_have_their_weights_in_that_order(method):
    reordered = fitted(method, ring().select(ORDER))
    difference = change(reordered, of_ring(method)[np.ix_(ORDER, ORDER)])
    if method in ORDERED:
        assert difference > CLOSE, "strike it off the list of exceptions"
    elif method in ("correlation", "precision"):
        assert difference < 1e-10
    else:
        assert difference < CLOSE


@all_methods
def test_times_and_their_counts_have_the_same_weights(method):
    counts = ring().binned(made(method).bin_width)
    np.testing.assert_array_equal(fitted(method, counts), of_ring(method))


@all_methods
def test_a_silent_unit_is_refused_or_left_out(method):
    trains = ring()
    offsets = np.insert(trains.offsets, 2, trains.offsets[2])
    names = ("a", "b", "silent", "c", "d", "e", "f")
    recording = cl.SpikeTrains(trains.times, offsets, DURATION, units=names)
    with pytest.raises(ValueError, match=r"1 of 7 neurons never fire \(silent\)"):
        made(method).fit(recording)
    weights, _, kept = infer(made(method), recording, drop_silent=True)
    np.testing.assert_array_equal(kept, [0, 1, 3, 4, 5, 6])
    np.testing.assert_array_equal(weights[np.ix_(kept, kept)], of_ring(method))
    assert np.isnan(weights[2]).all()
    assert np.isnan(weights[:, 2]).all()


@pytest.mark.parametrize("method", sorted(ORDERED | {"tca": "the number of patterns"}))
def test_methods_that_depend_on_the_order_say_so(method):
    text = " ".join((type(made(method)).__doc__ or "").split())
    assert "on the order of the neurons" in text


@pytest.fixture(scope="module")
def long_spikes(draw_spikes):
    """Return 80 s of six coupled neurons, enough to tell their weights from chance."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.3, (N, N))
    np.fill_diagonal(weights, 0.0)
    return draw_spikes(rng, weights, lambda u: 0.05 * np.exp(u), 80_000)[0]


@all_but(
    ORDERED, {"tca": "the number of patterns follows the units"}, CHOOSING, BINARY, SEVERAL_OPTIMA
)
def test_an_unconnected_unit_changes_little_and_gets_small_weights(method, long_spikes):
    alone = np.random.default_rng(1).random(long_spikes.n_bins) < 0.05
    more = cl.Spikes(np.column_stack((long_spikes.counts, alone)), long_spikes.dt)
    before, weights = fitted(method, long_spikes), fitted(method, more)
    assert change(weights[:N, :N], before) < 0.1
    own = np.concatenate((weights[N, :N], weights[:N, N]))
    assert np.sqrt(np.mean(own**2)) < 0.5 * np.sqrt(np.mean(before**2))
