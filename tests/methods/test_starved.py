"""Every method refuses a unit it cannot learn from, and warns by name of those that fire rarely."""

import warnings

import numpy as np
import pytest

import circuitlib as cl
from circuitlib.methods.estimator import check_neurons

UNITS = tuple("abcdef")


def with_unit_1(spikes, counts):
    """Return named spikes whose unit b has other counts."""
    changed = spikes.counts.copy()
    changed[:, 1] = counts
    return cl.Spikes(changed, spikes.dt, units=UNITS)


def trains_of(spikes):
    """Return a spike at the middle of each bin that is not empty."""
    bins, neurons = np.nonzero(spikes.counts.T)[::-1]
    offsets = np.searchsorted(neurons, np.arange(spikes.n_neurons + 1))
    times = (bins + 0.5) * spikes.dt
    return cl.SpikeTrains(times, offsets, spikes.duration, units=spikes.units)


@pytest.mark.parametrize("method", cl.METHODS)
@pytest.mark.parametrize("kind", ["counts", "times"])
def test_all_methods_refuse_a_copied_unit_in_the_same_words(method, kind, spikes):
    estimator = cl.make(method)
    counts = with_unit_1(spikes, spikes.counts[:, 4]).counts
    copied = cl.Spikes(counts, estimator.bin_width, units=UNITS)
    with pytest.raises(ValueError, match="units b and e have identical spikes; leave one of them"):
        estimator.fit(copied if kind == "counts" else trains_of(copied))


def test_units_that_differ_within_20_ms_are_no_copies(spikes):
    shifted = np.roll(spikes.counts[:, 4].reshape(-1, 20), 1, axis=1).ravel()
    check_neurons(with_unit_1(spikes, shifted))


@pytest.mark.parametrize("n_spikes", [1, 49])
def test_a_unit_of_few_spikes_is_named(n_spikes, spikes):
    few = np.zeros(spikes.n_bins, dtype=np.uint8)
    few[np.linspace(0, spikes.n_bins - 1, n_spikes).astype(int)] = 1
    with pytest.warns(UserWarning, match="hardly determined") as caught:
        check_neurons(with_unit_1(spikes, few))
    assert "1 of 6 units have fewer than 50 spikes (b);" in str(caught[0].message)


def test_a_pair_that_never_fires_together_is_named(spikes):
    counts = spikes.counts.copy()
    odd = np.arange(spikes.n_bins) // 100 % 2 == 1
    counts[odd, 1], counts[~odd, 4] = 0, 0
    with pytest.warns(UserWarning, match="hardly determined") as caught:
        check_neurons(cl.Spikes(counts, spikes.dt, units=UNITS))
    (message,) = [str(each.message) for each in caught]
    assert message.startswith(
        "1 of 15 pairs of units fire together, within 20 ms, fewer than 10 times (b and e);"
    )


def test_a_third_of_a_second_is_too_little(spikes):
    with pytest.warns(UserWarning, match="hardly determined") as caught:
        check_neurons(spikes.window(0, 300))
    units, pairs = [str(each.message) for each in caught]
    assert units.startswith("6 of 6 units have fewer than 50 spikes (0, 1, 2, 3, 4 ...);")
    assert pairs.startswith("8 of 15 pairs of units fire together")
    assert pairs.count(" and ") == 5
    assert "\n" not in units + pairs


def test_starved_weights_stand_out_and_fed_ones_do_not(spikes):
    # The reason for the warning: a pair that never fires together has a weight without bound.
    counts = spikes.counts.copy()
    odd = np.arange(spikes.n_bins) // 100 % 2 == 1
    counts[odd, 1], counts[~odd, 4] = 0, 0
    with pytest.warns(UserWarning, match="b and e"):
        weights = np.abs(cl.SameBinGLM().fit(cl.Spikes(counts, 1e-3, units=UNITS)).weights_)
    assert weights[1, 4] > 10 * np.median(weights[weights > 0])
    fed = np.abs(cl.SameBinGLM().fit(spikes).weights_)
    assert fed.max() < 10 * np.median(fed[fed > 0])


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
def test_a_minute_of_the_strongest_ring_suffices(spiking):
    ring = cl.simulate(cl.RingNetwork(strength=0.025), duration=60.0, seed=0, spiking=spiking)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_neurons(ring)
        check_neurons(ring.binned(1e-3))
