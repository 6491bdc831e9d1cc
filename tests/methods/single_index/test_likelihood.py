"""The likelihood and its derivatives are those of plain sums over all bins."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib.methods.single_index.likelihood import EventLikelihood
from circuitlib.methods.single_index.model import Step
from circuitlib.recordings.events import Events
from circuitlib.recordings.traces import trace

TAU, DT = 10e-3, 5e-3


def seen(spikes):
    """Return traces and counts of the bins that are predicted: without 8 tau of each run."""
    window = int(np.ceil(8 * TAU / DT))
    lengths = np.diff([*spikes.starts, spikes.n_bins])
    late = np.concatenate([np.arange(n) >= window for n in lengths])
    return trace(spikes, TAU)[late].astype(float), spikes.counts[late].astype(float)


def step_of(model, **at):
    own, link = np.zeros((4, 5)), np.zeros(len(model.link.coefficients))
    if "own" in at:
        own[at["own"]] = 1.0
    else:
        link[at["link"]] = 1.0
    return Step(own, link)


def test_loss_is_the_sum_over_all_bins(likelihood, model):
    events, spikes = likelihood
    traces, counts = seen(spikes)
    log_rates, _ = model.link(traces @ model.weights.T + model.offsets)
    expected = (np.exp(log_rates) - counts * log_rates).sum(axis=0)
    np.testing.assert_allclose(events.losses(model), expected, rtol=1e-5)
    np.testing.assert_array_equal(events.n_spikes, counts.sum(axis=0))


@pytest.mark.parametrize(
    "at", [{"own": (0, 2)}, {"own": (3, 3)}, {"own": (1, 4)}, {"link": 1}, {"link": 4}], ids=str
)
def test_gradient_is_that_of_the_loss(likelihood, model, at):
    events, _ = likelihood
    step = step_of(model, **at)
    small = Step(1e-3 * step.own, 1e-3 * step.link)
    back = Step(-small.own, -small.link)
    rise = events.losses(model.moved(small)) - events.losses(model.moved(back))
    gradient = events.curvature(model).gradient
    expected = (gradient.own * step.own).sum() + gradient.link @ step.link
    assert rise.sum() / 2e-3 == pytest.approx(expected, rel=2e-3, abs=2e-2)


def test_information_is_the_sum_of_squared_slopes_over_spikes(likelihood, model):
    events, spikes = likelihood
    traces, counts = seen(spikes)
    curvature = events.curvature(model)
    drive = traces @ model.weights.T + model.offsets
    _, slopes = model.link(drive)
    link = np.zeros_like(curvature.link)
    for post in range(4):
        own = np.column_stack((traces, np.ones(len(traces)))) * slopes[:, post, None]
        splines = model.link.basis(np.ascontiguousarray(drive[:, post])).astype(float)
        weighted = own * counts[:, post, None]
        np.testing.assert_allclose(curvature.own[post], weighted.T @ own, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(curvature.cross[post], weighted.T @ splines, atol=1e-3)
        link += (splines * counts[:, post, None]).T @ splines
    np.testing.assert_allclose(curvature.link, link, atol=1e-3)
    assert curvature.n_spikes == counts.sum()


def test_chunks_do_not_matter(likelihood, model, monkeypatch):
    events, _ = likelihood
    whole = events.losses(model)
    monkeypatch.setattr("circuitlib.methods.single_index.points._CHUNK", 4 * 37)
    np.testing.assert_allclose(events.losses(model), whole, rtol=1e-6)


def test_first_guess_that_is_worse_than_the_mean_rate_is_not_made(coupled, monkeypatch):
    spikes, _ = coupled
    events = EventLikelihood(Events.of(spikes, spikes.dt), float(np.exp(-0.1)))
    guess = events.losses(events.first_model())
    per_bin = events.n_spikes / (events.points.bin_weight * events.points.n_bins)
    mean_rate = events.n_spikes * (1 - np.log(per_bin))
    assert (guess < mean_rate).all()
    monkeypatch.setattr("circuitlib.methods.single_index.likelihood._FAR", -np.inf)
    model = events.first_model()
    assert not model.weights.any()
    np.testing.assert_allclose(events.losses(model), mean_rate, rtol=1e-3)


def test_evenly_spaced_bins_stand_for_all(coupled):
    spikes, weights = coupled  # bins of 1 ms, of which every fourth is looked at
    events = EventLikelihood(Events.of(spikes, 1e-3), float(np.exp(-0.1)))
    assert events.points.bin_weight == pytest.approx(4, rel=1e-3)
    model = events.with_best_link(weights, np.zeros(5))
    traces = trace(spikes, TAU)[80:]
    log_rates, _ = model.link(traces @ model.weights.T + model.offsets)
    expected = np.exp(log_rates).sum() - (spikes.counts[80:] * log_rates).sum()
    # The sum over a quarter of the bins differs by less than its spikes' own noise.
    assert abs(events.losses(model).sum() - expected) < np.sqrt(spikes.counts.sum())


def test_the_best_link_gives_weights_the_unit_of_log_rate(coupled):
    spikes, weights = coupled
    events = EventLikelihood(Events.of(spikes, 1e-3), float(np.exp(-0.1)))
    model = events.with_best_link(3 * weights, np.zeros(5))
    slope = events.curvature(model).unit[1] @ model.link.coefficients
    assert slope / events.n_spikes.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(model.weights, weights, rtol=0.1, atol=0.02)


def test_a_recording_without_history_is_refused(likelihood):
    _, spikes = likelihood
    short = replace(spikes.window(0, 12), starts=np.array([0]))
    with pytest.raises(ValueError, match="too short: no spike has enough time before it"):
        EventLikelihood(Events.of(short, DT), float(np.exp(-0.5)))
