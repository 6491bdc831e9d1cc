"""The single-index model finds the weights that made the spikes, and says how sure it is."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib.methods.estimator import held_out_bits
from circuitlib.methods.single_index.likelihood import EventLikelihood
from circuitlib.methods.single_index.scoring import maximize
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.metrics import inference_error
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes
from circuitlib.simulation.simulator import simulate
from circuitlib.simulation.sparse_network import ExcitatoryInhibitoryNetwork

APART = ~np.eye(5, dtype=bool)


def chi_squared(estimator, truth):
    """Return the mean squared error of weights in units of their standard error."""
    return float(np.mean(((estimator.weights_ - truth)[APART] / estimator.errors_[APART]) ** 2))


def test_free_weights_scatter_by_their_errors(coupled):
    spikes, truth = coupled
    estimator = SingleIndex().fit(spikes)
    assert not np.diagonal(estimator.weights_).any()
    # 20 squares of normal errors have a mean of 1 +- 0.32.
    assert 0.3 < chi_squared(estimator, truth) < 2.0


def test_symmetric_weights_scatter_by_their_errors(draw_spikes):
    rng = np.random.default_rng(4)
    truth = rng.normal(-0.05, 0.15, (5, 5))
    truth += truth.T
    spikes, _ = draw_spikes(rng, truth, lambda u: 0.04 * np.exp(u), 40_000)
    estimator = SingleIndex(directed=False).fit(spikes)
    np.testing.assert_allclose(estimator.weights_, estimator.weights_.T, atol=1e-12)
    assert 0.2 < chi_squared(estimator, truth) < 2.5  # ten weights


def test_unseen_spikes_tell_a_directed_circuit_from_a_symmetric_one(coupled):
    spikes, _ = coupled
    train, test = spikes.split(0.8)
    free, symmetric = (SingleIndex(directed=each).fit(train) for each in (True, False))
    assert free.loss(test) < symmetric.loss(test)


def test_the_link_of_the_circuit_is_learned(draw_spikes):
    rng = np.random.default_rng(5)
    truth = rng.normal(0, 0.6, (5, 5))

    def rate(u):
        return 0.05 * np.logaddexp(0, 1 + 3 * u)  # nearly linear above a threshold

    spikes, rates = draw_spikes(rng, truth, rate, 60_000)
    estimator = SingleIndex().fit(spikes)
    apart = np.corrcoef(estimator.weights_[APART], truth[APART])[0, 1]
    assert apart > 0.97

    # The fit is better than the truth by half a nat a parameter, its noise included.
    def log_likelihood(rates):
        return float((spikes.counts[80:] * np.log(rates[80:]) - rates[80:]).sum())

    gain = log_likelihood(estimator.rates(spikes)) - log_likelihood(rates)
    assert 0 < gain < 60


@pytest.mark.parametrize("seed", [0, 1])
def test_link_and_faint_weights_do_not_fit_chance_together(seed):
    # So few spikes tell little of weights so faint; a link with a hump would predict worse than
    # each neuron's mean rate.
    network = ExcitatoryInhibitoryNetwork(n_neurons=40)
    train, test = simulate(network, 75.0, "lnp", threshold=7.81e-4, seed=seed).split(0.8)
    model = SingleIndex().fit(train)
    assert held_out_bits(model, test) > 0
    link = model.model_.link
    assert link(np.linspace(link.low, link.high, 100))[1].min() > -0.05


def test_loss_is_that_of_the_rates(coupled):
    spikes, _ = coupled
    estimator = SingleIndex().fit(spikes)
    rates = estimator.rates(spikes)[80:]
    counts = spikes.counts[80:]
    expected = (rates - counts * np.log(rates)).sum() / counts.sum()
    assert estimator.loss(spikes) == pytest.approx(expected, rel=1e-3)


def test_rates_do_not_run_away_where_no_spikes_were_seen(coupled):
    spikes, _ = coupled
    estimator = SingleIndex().fit(spikes)
    seen = estimator.rates(spikes).max()
    estimator.model_ = replace(estimator.model_, offsets=estimator.model_.offsets + 100)
    assert estimator.rates(spikes).max() <= seen


def test_a_ring_is_preferred_where_there_is_one(small_ring):
    spikes, weights = small_ring
    train, test = spikes.split(0.9)
    ring = SingleIndex(structure="ring", directed=False).fit(train)
    free = SingleIndex(directed=False).fit(train)
    deltas = [inference_error(weights, each.weights_) for each in (ring, free)]
    assert deltas[0] < deltas[1] / 2
    assert ring.loss(test) < free.loss(test)
    assert np.nanmean(ring.errors_) < np.nanmean(free.errors_) / 2


def test_where_there_is_no_ring_the_weights_stay_free(draw_spikes):
    rng = np.random.default_rng(7)
    weights = rng.normal(0, 0.3, (8, 8))
    weights = (weights + weights.T) / 2
    spikes, _ = draw_spikes(rng, weights, lambda u: 0.05 * np.exp(u), 40_000)
    free = SingleIndex(directed=False).fit(spikes)
    with pytest.warns(UserWarning, match="prefer free weights to the structure 'ring'"):
        ring = SingleIndex(structure="ring", directed=False, n_draws=2).fit(spikes)
    assert ring.structure_ is None
    assert ring.advantage_.nats_per_spike < 0 < ring.advantage_.error
    np.testing.assert_array_equal(ring.weights_, free.weights_)
    np.testing.assert_array_equal(ring.errors_, free.errors_)


@pytest.mark.parametrize("structure", ["low-rank", pytest.param("pairs", marks=pytest.mark.slow)])
def test_a_seed_decides_all(small_ring, structure, short_training):
    short_training(modes=5, n_steps=150)
    spikes, _ = small_ring
    once, again = (
        SingleIndex(structure=structure, directed=False, n_draws=2).fit(spikes) for _ in "ab"
    )
    np.testing.assert_array_equal(once.weights_, again.weights_)
    np.testing.assert_array_equal(once.errors_, again.errors_)


@pytest.mark.parametrize(
    ("structure", "most"),
    [("low-rank", 0.8), pytest.param("pairs", 0.95, marks=pytest.mark.slow)],
)
def test_a_structure_pools_what_free_weights_scatter(small_ring, structure, most, short_training):
    short_training(modes=6, n_steps=250)
    spikes, weights = small_ring
    free, tied = (
        SingleIndex(structure=each, directed=False, n_draws=2).fit(spikes)
        for each in ("free", structure)
    )
    np.testing.assert_allclose(tied.weights_, tied.weights_.T, atol=1e-6)
    deltas = [inference_error(weights, each.weights_) for each in (tied, free)]
    assert deltas[0] < most * deltas[1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tau": 0.0}, "`tau` in seconds must be positive"),
        ({"bin_width": np.nan}, "`bin_width` in seconds must be positive"),
        ({"n_draws": 0}, "`n_draws` must be at least 1"),
        ({"validation": 1.0}, "`validation` must lie between 0 and 1"),
        ({"bin_width": 0.03}, "too wide for a time constant"),
    ],
    ids=lambda value: str(value),
)
def test_settings_are_checked(spikes, settings, message):
    with pytest.raises(ValueError, match=message):
        SingleIndex(**settings).fit(spikes)


def test_memory_is_asked_before_it_is_spent(spikes, monkeypatch):
    monkeypatch.setattr(
        "circuitlib.methods.single_index.likelihood.machine_memory", lambda: 4.0 * 3 * 6**3 - 1
    )
    with pytest.raises(ValueError, match=r"curvature for 6 neurons needs .* choose fewer neurons"):
        SingleIndex().fit(spikes)


def test_other_neurons_are_refused(coupled):
    spikes, _ = coupled
    estimator = SingleIndex().fit(spikes)
    with pytest.raises(ValueError, match="the recording holds 3 neurons, but the fit 5"):
        estimator.rates(Spikes(spikes.counts[:, :3], spikes.dt))


def test_a_fit_that_cannot_go_on_says_so(coupled, monkeypatch):
    spikes, _ = coupled
    likelihood = EventLikelihood(Events.of(spikes, 1e-3), float(np.exp(-0.1)))
    monkeypatch.setattr("circuitlib.methods.single_index.scoring._STEPS", 1)
    monkeypatch.setattr("circuitlib.methods.single_index.scoring._FIRST_STEPS", 0)
    with pytest.warns(UserWarning, match="standard errors from the optimum"):
        maximize(likelihood, symmetric=False)


# The first guess is chance here, and such that each link to it would fall.
@pytest.mark.parametrize("seed", [12, 23, 24, 25])
def test_neurons_without_anything_in_common_have_weights_of_chance(seed):
    counts = np.random.default_rng(seed).poisson(0.3, size=(6000, 4))
    fit = SingleIndex().fit(Spikes(counts, 1e-3))
    apart = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(fit.errors_[apart], 0.022, rtol=0.2)
    assert (np.abs(fit.weights_)[apart] < 4 * fit.errors_[apart]).all()
