"""A surrogate keeps what it says, and destroys the rest."""

import numpy as np
import pytest

from circuitlib.recordings.angle import Angle
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.surrogates import jittered, shifted
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

RNG = np.random.default_rng(0)
COUNTS = Spikes(
    RNG.poisson(0.3, size=(1003, 4)),
    0.01,
    [0, 405],
    units=["a", "b", "c", "ü"],
    angle=RNG.uniform(0, 6, 1003),
)
TIMES = [np.sort(RNG.uniform(0, 10, n)) for n in (300, 5, 1, 200)]
TRAINS = SpikeTrains(
    np.concatenate(TIMES),
    np.cumsum([0] + [len(train) for train in TIMES]),
    10.0,
    run_starts=[0.0, 4.03],
    units=["a", "b", "c", "ü"],
    angle=Angle(RNG.uniform(0, 6, 1000), 0.01),
)
MAKERS = {"shifted": shifted, "jittered": lambda recording, seed: jittered(recording, 0.05, seed)}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("recording", [COUNTS, TRAINS], ids=["counts", "times"])
def test_everything_but_the_places_of_spikes_stays(make, recording):
    surrogate = make(recording, 0)
    assert type(surrogate) is type(recording)
    assert surrogate.duration == recording.duration
    assert surrogate.units == recording.units
    np.testing.assert_array_equal(surrogate.rates, recording.rates)
    if isinstance(recording, Spikes):
        np.testing.assert_array_equal(surrogate.starts, recording.starts)
        np.testing.assert_array_equal(surrogate.angle, recording.angle)
        np.testing.assert_array_equal(np.sort(surrogate.counts, 0), np.sort(recording.counts, 0))
    else:
        np.testing.assert_array_equal(surrogate.run_starts, recording.run_starts)
        assert surrogate.angle is recording.angle
        assert surrogate.precision == recording.precision


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("recording", [COUNTS, TRAINS], ids=["counts", "times"])
def test_a_surrogate_depends_on_its_seed_only(make, recording):
    name = "counts" if isinstance(recording, Spikes) else "times"
    once, again, other = (getattr(make(recording, seed), name) for seed in (3, 3, 4))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()
    with pytest.raises(ValueError, match="seed"):
        make(recording, -1)


def test_shifted_times_are_the_same_train_begun_elsewhere():
    surrogate = shifted(TRAINS, seed=1)
    shifts = []
    for old, new in zip(TIMES, (surrogate[k] for k in range(4)), strict=True):
        # The same intervals around the circle, in another place.
        around = [np.sort(np.diff(train, append=train[0] + 10.0)) for train in (old, new)]
        np.testing.assert_allclose(*around, atol=1e-9)
        apart = np.mod(new[:, None] - old[0], 10.0).ravel()
        fits = [np.allclose(np.sort(np.mod(old + each, 10.0)), new) for each in apart]
        shifts.append(apart[fits.index(True)])
    apart = np.diff(np.sort([0.0, *shifts, 10.0]))
    assert apart.min() >= 10.0 / 5 / 2 - 1e-9


def test_shifting_takes_away_what_trains_have_in_common():
    slow = 1 + np.sin(np.arange(20_000) / 300)
    common = Spikes(RNG.poisson(0.3 * slow[:, None], size=(20_000, 5)), 0.01)
    surrogate = shifted(common)
    assert np.corrcoef(common.counts.T)[0, 1] > 0.1
    away = np.corrcoef(surrogate.counts[:, 0], common.counts[:, 0])[0, 1]
    assert np.corrcoef(jittered(common, 0.1).counts.T)[0, 1] > 0.1
    assert abs(away) < 0.12


@pytest.mark.parametrize("width", [0.05, 0.2])
def test_jitter_keeps_the_number_of_spikes_in_each_window_of_a_run(width):
    bins = round(width / COUNTS.dt)
    surrogate = jittered(COUNTS, width, seed=2)
    assert (surrogate.counts != COUNTS.counts).any()
    moved = jittered(TRAINS, width, seed=2)
    assert (moved.times != TRAINS.times).all()
    for first, last in ((0, 405), (405, 1003)):
        for start in range(first, last, bins):
            window = slice(start, min(start + bins, last))
            np.testing.assert_array_equal(
                surrogate.counts[window].sum(0), COUNTS.counts[window].sum(0)
            )
    for begin, end in ((0.0, 4.03), (4.03, 10.0)):
        edges = np.append(np.arange(begin, end - 1e-9, width), end)
        for neuron in range(4):
            old, new = (np.histogram(each[neuron], edges)[0] for each in (TRAINS, moved))
            np.testing.assert_array_equal(new, old)


def test_jittered_spikes_are_anywhere_in_their_window():
    one = SpikeTrains(np.arange(2000) * 0.1 + 0.03, [0, 2000], 200.0)
    place = np.mod(jittered(one, 0.1, seed=0).times, 0.1) / 0.1
    assert place.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / 2000))
    assert place.var() == pytest.approx(1 / 12, rel=0.1)


def test_jitter_destroys_synchrony_that_is_faster_than_its_windows():
    train = np.sort(RNG.uniform(0, 500, 5000))
    twins = SpikeTrains(np.tile(train, 2), [0, 5000, 10_000], 500.0)
    for recording, near in ((twins, 1e-3), (twins.binned(5e-3), 5e-3)):
        surrogate = jittered(recording, 0.1, seed=0)
        before, after = (
            np.corrcoef(each.binned(near).counts.T)[0, 1] for each in (recording, surrogate)
        )
        assert before == pytest.approx(1.0)
        assert after < 0.1


def test_a_surrogate_of_a_simulation_stays_one():
    ring = simulate(RingNetwork(n_neurons=20), 5.0, seed=0)
    for surrogate in (shifted(ring), jittered(ring, 0.05)):
        assert surrogate.network is ring.network
        assert surrogate.n_spikes == ring.n_spikes


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="too short"):
        shifted(COUNTS.window(0, 15))
    with pytest.raises(ValueError, match="two bins"):
        jittered(COUNTS, 0.015)
    for width in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="positive"):
            jittered(TRAINS, width)
