"""Decompositions into patterns: tensor component analysis and seqNMF."""

import numpy as np
import pytest

from circuitlib.methods.patterns import n_patterns, smoothed_activity
from circuitlib.methods.seqnmf import SeqNMF, _match, _reconstruct
from circuitlib.methods.tca import TCA, interaction
from circuitlib.recordings.spikes import Spikes

DT = 10e-3
GROUPS = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])


def grouped(n_bins=5_000, seed=0):
    """Draw spikes of three groups; in each the neurons fire together, some 0.5 s at a time."""
    rng = np.random.default_rng(seed)
    active = np.repeat(rng.random((n_bins // 50, 3)) < 0.3, 50, axis=0)
    counts = rng.poisson(0.1 + active[:, GROUPS])
    return Spikes(counts.astype(np.uint8), DT)


SPIKES = grouped()
TOGETHER = (GROUPS[:, None] == GROUPS[None, :]) & ~np.eye(len(GROUPS), dtype=bool)
APART = GROUPS[:, None] != GROUPS[None, :]


def test_the_patterns_are_as_many_as_the_groups():
    assert n_patterns(smoothed_activity(SPIKES, DT, 50e-3), None, "rank", 0) == 3
    independent = np.random.default_rng(0).poisson(1.0, (5_000, 9)).astype(np.uint8)
    assert n_patterns(smoothed_activity(Spikes(independent, DT), DT, 50e-3), None, "rank", 0) <= 2


# Ten segments in which the same happens, as trials are meant to be.
TRIALS = Spikes(np.tile(SPIKES.counts[:500], (10, 1)), DT)


@pytest.mark.parametrize("estimator", [TCA(rank=3), SeqNMF()], ids=["TCA", "SeqNMF"])
def test_neurons_of_a_group_interact_more_than_others_in_the_mean(estimator):
    weights = estimator.fit(TRIALS).weights_
    assert weights[TOGETHER].mean() > 2 * weights[APART].mean()


def test_the_interaction_ignores_how_scale_and_sign_are_shared_out():
    rng = np.random.default_rng(0)
    w, v, u = rng.normal(size=(5, 2)), rng.normal(size=(7, 2)), rng.normal(size=(3, 2))
    expected = np.zeros((5, 5))
    for r in range(2):
        unit = w[:, r] / np.linalg.norm(w[:, r])
        size = np.linalg.norm(w[:, r]) * v[:, r].sum() * u[:, r].sum()
        expected += np.outer(unit, unit) * abs(size) / 2
    np.testing.assert_allclose(interaction(w, v, u), expected)
    np.testing.assert_allclose(interaction(-2.0 * w, v / 8, -4.0 * u), expected)


def test_one_exact_component_is_found():
    # Every second bin, neuron i fires i + 1 times.
    counts = np.zeros((1_000, 4), dtype=np.uint8)
    counts[::2] = np.arange(1, 5)
    weights = TCA(rank=1, bin_width=DT).fit(Spikes(counts, DT)).weights_
    expected = np.outer(np.arange(1, 5), np.arange(1, 5)).astype(float)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights / weights[0, 1], expected / expected[0, 1], rtol=1e-3)


def test_a_sequence_points_from_the_earlier_to_the_later_neuron():
    rng = np.random.default_rng(0)
    counts = np.zeros((2_000, 3), dtype=np.uint8)
    times = np.flatnonzero(rng.random(1_990) < 0.05)
    counts[times, 0] = 1
    counts[times + 1, 1] = 1
    counts[rng.random(2_000) < 0.05, 2] = 1
    weights = SeqNMF(tau=1e-3, n_sequences=2).fit(Spikes(counts, DT)).weights_
    assert weights.argmax() == np.ravel_multi_index((1, 0), weights.shape)
    assert weights[0, 1] < 0.1 * weights[1, 0]


def test_match_is_the_adjoint_of_reconstruction():
    rng = np.random.default_rng(0)
    w, h, x = rng.random((3, 5, 2)), rng.random((2, 40)), rng.random((5, 40))
    assert np.vdot(_reconstruct(w, h), x) == pytest.approx(np.vdot(h, _match(w, x)), rel=1e-12)
    naive = np.zeros((5, 40))
    for t in range(40):
        for lag in range(3):
            if t >= lag:
                naive[:, t] += w[lag] @ h[:, t - lag]
    np.testing.assert_allclose(_reconstruct(w, h), naive)


def test_without_penalty_no_step_raises_the_error():
    losses = SeqNMF(n_sequences=3, penalty=0.0, n_steps=60).fit(SPIKES).losses_
    assert (np.diff(losses) <= 1e-5 * losses[:-1]).all()
    assert losses[-1] < 0.7 * losses[0]


def test_the_penalty_removes_overlap():
    def overlap(penalty):
        found = SeqNMF(n_sequences=6, penalty=penalty).fit(SPIKES).sequences_.sum(axis=0)
        found = found / (np.linalg.norm(found, axis=0) + 1e-12)
        return (found.T @ found - np.diag(np.diagonal(found.T @ found))).sum()

    assert overlap(1e-2) < overlap(0.0)


def test_settings_out_of_range_are_refused():
    for estimator, message in [
        (TCA(rank=0), "`rank` must be at least one, got 0"),
        (TCA(tau=0.0), "`tau` in seconds must be positive, got 0"),
        (TCA(n_segments=6_000), r"`n_segments` must lie between 1 and the number of bins \(5000\)"),
        (TCA(n_steps=0), "`n_steps` must be at least one"),
        (SeqNMF(n_sequences=0), "`n_sequences` must be at least one, got 0"),
        (SeqNMF(length=1), "`length` must be two bins or more, got 1"),
        (SeqNMF(penalty=-1.0), "`penalty` must be zero or positive"),
        (SeqNMF(n_steps=0), "`n_steps` must be at least one"),
    ]:
        with pytest.raises(ValueError, match=message):
            estimator.fit(SPIKES)
