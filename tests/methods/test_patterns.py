"""Patterns are as many as stand out of chance, and neurons of one pattern interact."""

import numpy as np
import pytest

from circuitlib.methods.patterns import n_patterns, smoothed_activity
from circuitlib.methods.seqnmf import SeqNMF
from circuitlib.methods.tca import TCA
from circuitlib.recordings.spikes import Spikes

DT = 10e-3
GROUPS = np.repeat(np.arange(3), 3)
TOGETHER = (GROUPS[:, None] == GROUPS[None, :]) & ~np.eye(len(GROUPS), dtype=bool)
APART = GROUPS[:, None] != GROUPS[None, :]


def test_the_patterns_are_as_many_as_the_groups(grouped):
    assert n_patterns(smoothed_activity(grouped, DT, 50e-3), None, "rank", 0) == 3
    independent = np.random.default_rng(0).poisson(1.0, (5_000, 9)).astype(np.uint8)
    assert n_patterns(smoothed_activity(Spikes(independent, DT), DT, 50e-3), None, "rank", 0) <= 2


@pytest.mark.parametrize("estimator", [TCA(rank=3), SeqNMF()], ids=["TCA", "SeqNMF"])
def test_neurons_of_a_group_interact_more_than_others_in_the_mean(estimator, grouped):
    # Ten segments in which the same happens, as trials are meant to be.
    trials = Spikes(np.tile(grouped.counts[:500], (10, 1)), DT)
    weights = estimator.fit(trials).weights_
    assert weights[TOGETHER].mean() > 2 * weights[APART].mean()


def test_settings_out_of_range_are_refused(grouped):
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
            estimator.fit(grouped)
