"""Sequences are found by steps that never raise the error, and point in the order of firing."""

import numpy as np
import pytest

from circuitlib.methods.seqnmf import SeqNMF, _match, _reconstruct
from circuitlib.recordings.spikes import Spikes

DT = 10e-3


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


def test_without_penalty_no_step_raises_the_error(grouped):
    losses = SeqNMF(n_sequences=3, penalty=0.0, n_steps=60).fit(grouped).losses_
    assert (np.diff(losses) <= 1e-5 * losses[:-1]).all()
    assert losses[-1] < 0.7 * losses[0]


def test_the_penalty_removes_overlap(grouped):
    def overlap(penalty):
        found = SeqNMF(n_sequences=6, penalty=penalty).fit(grouped).sequences_.sum(axis=0)
        found = found / (np.linalg.norm(found, axis=0) + 1e-12)
        return (found.T @ found - np.diag(np.diagonal(found.T @ found))).sum()

    assert overlap(1e-2) < overlap(0.0)
