"""What a model sees at spikes is the same, whether traces are written down or only summed up."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib.methods.single_index.hidden import HiddenNodes
from circuitlib.methods.single_index.interpolated import InterpolatedNodes
from circuitlib.methods.single_index.likelihood import EventLikelihood
from circuitlib.methods.single_index.link import straight
from circuitlib.methods.sources import Sources
from circuitlib.recordings.events import Events

N, HIDDEN = 5, 2
DECAY = float(np.exp(-0.1))
FEW = ["traces", "tuning", "hidden", "interpolated", "hidden, tuning"]
SHIFTED = ["shift", "hidden, shift", "interpolated, shift"]


@pytest.fixture(params=FEW + SHIFTED)
def seen(request, coupled):
    """Return a likelihood of two runs with some sources, and a model."""
    rng = np.random.default_rng(0)
    spikes = coupled[0].window(0, 9000)
    angle = rng.normal(size=9000).cumsum() / 30
    events = Events.of(replace(spikes, starts=np.array([0, 4000]), angle=angle), 1e-3)
    use = next((use for use in ("tuning", "shift") if use in request.param), None)
    sources, traces = Sources(N, use), None
    if "hidden" in request.param:
        weights = rng.normal(0, 0.2, (2, HIDDEN, N))
        nodes = HiddenNodes(weights[0], weights[1, :, :HIDDEN], np.zeros(HIDDEN), straight(-3.0))
        traces = nodes.traces(events, DECAY)
    elif "interpolated" in request.param:
        traces = InterpolatedNodes.on(rng.random(N + HIDDEN), HIDDEN)
    if traces is not None:
        sources = sources.with_hidden(HIDDEN)
    likelihood = EventLikelihood(events, DECAY, sources, traces)
    weights = rng.normal(0, 0.3, (N, sources.number))
    return likelihood, likelihood.with_best_link(weights, rng.normal(0, 0.2, N))


def test_drives_are_those_of_all_sources(seen):
    likelihood, model = seen
    [whole], [(drives, posts)] = (
        list(each)
        for each in (likelihood.points.seen_by(model, True), likelihood.points.drives(model))
    )
    assert len(drives) == likelihood.n_spikes.sum() > 1000
    in_order = drives[np.argsort(posts, kind="stable")]
    np.testing.assert_allclose(in_order, whole.drives, atol=2e-5)


@pytest.mark.parametrize("seen", FEW, indirect=True)
def test_inputs_without_traces_of_others_are_a_part_of_all(seen):
    likelihood, model = seen
    [whole], [few] = (list(likelihood.points.seen_by(model, each)) for each in (True, False))
    assert few.rows == whole.rows
    for post, rows in enumerate(whole.rows):
        known = np.r_[post, likelihood.sources.n_neurons : whole.inputs.shape[1]]
        np.testing.assert_allclose(few.inputs[rows], whole.inputs[rows][:, known], atol=2e-6)


def test_with_given_weights_the_rest_has_the_same_curvature(seen):
    likelihood, model = seen
    whole, given = likelihood.curvature(model), likelihood.curvature(model, given=True)
    np.testing.assert_allclose(given.link, whole.link, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(given.gradient.link, whole.gradient.link, rtol=1e-4, atol=1e-3)
    for post in range(N):
        known = np.r_[post, likelihood.sources.n_neurons : whole.own.shape[1]]
        places = np.ix_(known, known)
        np.testing.assert_allclose(given.own[post][places], whole.own[post][places], rtol=1e-4)
        np.testing.assert_allclose(
            given.cross[post, known], whole.cross[post, known], rtol=1e-4, atol=1e-2
        )
        np.testing.assert_allclose(
            given.gradient.own[post, known], whole.gradient.own[post, known], rtol=1e-4, atol=1e-2
        )


def test_parts_do_not_matter(seen, monkeypatch):
    likelihood, model = seen
    whole = likelihood.losses(model)
    monkeypatch.setattr("circuitlib.methods.single_index.points._CHUNK", 100 * 32)
    np.testing.assert_allclose(likelihood.losses(model), whole, rtol=1e-6)
