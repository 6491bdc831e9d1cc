"""A model that is told of an angle finds what it does, and the weights beside it."""

import numpy as np
import pytest

from circuitlib.methods.glm.coupling import CouplingGLM
from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.methods.single_index.likelihood import EventLikelihood
from circuitlib.methods.single_index.scoring import penalized_curvature
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.methods.sources import Sources
from circuitlib.metrics import bits_per_spike
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

N, N_BINS, DECAY = 5, 60_000, np.exp(-0.1)
APART = ~np.eye(N, dtype=bool)
ANGLE = 0.3 * np.sin(2 * np.pi * np.arange(N_BINS) / 4000)


@pytest.fixture(scope="module")
def shifted():
    """Return spikes whose symmetric weights get an antisymmetric part by the angle, and both."""
    rng = np.random.default_rng(7)
    u, turning = rng.normal(0, 0.4, N), rng.normal(0, 0.2, (N, N))
    symmetric = -np.outer(u, u)  # of rank one
    turning -= turning.T
    s, counts = np.zeros(N), np.zeros((N_BINS, N), dtype=np.uint8)
    for now in range(N_BINS):
        counts[now] = rng.poisson(0.05 * np.exp((symmetric + 2 * ANGLE[now] * turning) @ s))
        s = DECAY * (s + counts[now])
    return Spikes(counts, 1e-3, angle=ANGLE), symmetric, 2 * turning


@pytest.fixture(scope="module")
def tuned():
    """Return spikes of neurons that are tuned to the angle and not coupled."""
    rng, angle = np.random.default_rng(8), np.linspace(0, 60, N_BINS) % (2 * np.pi)
    preferred = 2 * np.pi * np.arange(N) / N
    rates = 0.03 * np.exp(1.5 * np.cos(angle[:, None] - preferred))
    return Spikes(rng.poisson(rates).astype(np.uint8), 1e-3, angle=angle)


@pytest.mark.parametrize("directed", [True, False], ids=["directed", "symmetric"])
def test_what_the_angle_turns_is_found_beside_the_weights(shifted, directed):
    spikes, symmetric, turning = shifted
    model = SingleIndex(directed=directed, angle="shift").fit(spikes)
    assert np.mean(((model.weights_ - symmetric)[APART] / model.errors_[APART]) ** 2) < 2.5
    found = model.model_.weights[:, N:] / model.sources_.unit
    assert np.corrcoef(found[APART], turning[APART])[0, 1] > 0.9


@pytest.mark.parametrize("structure", ["free", "low-rank"])
def test_unseen_spikes_are_predicted_better_with_the_angle(shifted, structure):
    train, test = shifted[0].split(0.8)
    told, not_told = (
        SingleIndex(structure=structure, directed=False, angle=angle, n_draws=2).fit(train)
        for angle in ("shift", None)
    )
    assert told.loss(test) < not_told.loss(test) - 1e-3
    rates = told.rates(test)[80:]
    counts = test.counts[80:]
    expected = (rates - counts * np.log(rates)).sum() / counts.sum()
    assert told.loss(test) == pytest.approx(expected, rel=2e-3)


def test_the_history_glm_takes_the_same_input(shifted):
    spikes, symmetric, turning = shifted
    train, test = spikes.split(0.8)
    told, not_told = (
        HistoryGLM(self_history=True, angle=angle).fit(train) for angle in ("shift", None)
    )
    bits = [bits_per_spike(test.counts, glm.rates(test)) for glm in (told, not_told)]
    assert bits[0] > bits[1] + 1e-3
    errors = SingleIndex(angle="shift").fit(train).errors_
    assert np.mean(((told.weights_ - symmetric)[APART] / errors[APART]) ** 2) < 2.5
    found = told.coefficients_[:, N:] / told.sources_.unit
    assert np.corrcoef(found[APART], turning[APART])[0, 1] > 0.9
    with pytest.raises(ValueError, match="the recording has no angle"):
        told.rates(Spikes(test.counts, 1e-3))
    with pytest.raises(ValueError, match="`symmetric` weights with an `angle`"):
        HistoryGLM(symmetric=True, angle="shift").fit(train)


def test_the_papers_glm_is_told_of_a_tuning(tuned):
    train, test = tuned.split(0.8)
    told, not_told = (CouplingGLM(bin_width=1e-3, angle=use).fit(train) for use in ("tuning", None))
    bits = [bits_per_spike(test.counts, glm.rates(test)) for glm in (told, not_told)]
    assert bits[0] > bits[1] + 0.1
    assert np.abs(told.weights_[APART]).mean() < np.abs(not_told.weights_[APART]).mean() / 2
    # The first cosine and sine have the phase of the preferred angle.
    found = told.tuning_[:, 0] + 1j * told.tuning_[:, 3]
    turned = found / np.exp(2j * np.pi * np.arange(N) / N)
    assert np.abs(np.angle(turned)).max() < 0.15
    with pytest.raises(ValueError, match="the recording has no angle"):
        told.rates(Spikes(test.counts, 1e-3))
    with pytest.raises(ValueError, match="`symmetric` weights with an `angle`"):
        CouplingGLM(symmetric=True, angle="tuning").fit(train)
    refused = CouplingGLM()
    refused.angle = "shift"
    with pytest.raises(ValueError, match='must be "tuning" or None'):
        refused.fit(train)


def test_shared_tuning_is_no_coupling_to_a_model_that_knows_the_angle(tuned):
    told, not_told = (SingleIndex(angle=angle).fit(tuned) for angle in ("tuning", None))
    # Squares of z-scores have a mean of one where there is no connection.
    squares = [
        float(np.mean((each.weights_ / each.errors_)[APART] ** 2)) for each in (told, not_told)
    ]
    assert squares[0] < 2 < 10 < squares[1]


@pytest.mark.parametrize("use", ["shift", "tuning"])
def test_the_gradient_is_that_of_the_loss(shifted, use):
    spikes = shifted[0].window(0, 6000)
    likelihood = EventLikelihood(Events.of(spikes, 1e-3), float(DECAY), Sources(N, use, 0.2))
    model = likelihood.first_model()
    rng = np.random.default_rng(0)
    curvature = penalized_curvature(likelihood, model)
    step = curvature.gradient._replace(
        own=1e-3 * rng.normal(size=curvature.gradient.own.shape), link=0 * curvature.gradient.link
    )
    back = step._replace(own=-step.own)
    rise = likelihood.losses(model.moved(step)) - likelihood.losses(model.moved(back))
    slope = (likelihood.curvature(model).gradient.own * step.own).sum()
    assert rise.sum() / 2 == pytest.approx(slope, abs=0.02 * np.abs(step.own).sum())


def test_spike_times_and_counts_have_the_same_angle(shifted):
    spikes = shifted[0].window(0, 8000)
    bins, _ = np.nonzero(spikes.counts)
    events = Events.of(spikes, 1e-3)
    np.testing.assert_allclose(events.angle_at(bins), spikes.angle[bins])


@pytest.mark.parametrize(
    ("angle", "of_recording", "message"),
    [
        ("shift", None, "the recording has no angle"),
        ("shift", np.zeros(N_BINS), "zero throughout"),
        ("turn", ANGLE, "`angle` must be one of"),
    ],
)
def test_an_angle_that_cannot_be_used_is_named(shifted, angle, of_recording, message):
    spikes = Spikes(shifted[0].counts, 1e-3, angle=of_recording)
    estimator = SingleIndex()
    estimator.angle = angle
    with pytest.raises(ValueError, match=message):
        estimator.fit(spikes)


def test_a_fit_that_knows_an_angle_asks_for_it_again(shifted):
    spikes = shifted[0]
    model = SingleIndex(angle="shift").fit(spikes)
    with pytest.raises(ValueError, match="the recording has no angle"):
        model.rates(Spikes(spikes.counts, 1e-3))
