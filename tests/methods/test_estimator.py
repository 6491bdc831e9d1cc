"""All estimators keep one contract: shape, repeatability, labels, errors, kinds of recording."""

import numpy as np
import pytest

from circuitlib.methods.covariance import Correlation, Precision
from circuitlib.methods.estimator import ConnectivityEstimator, held_out_bits
from circuitlib.methods.glm.coupling import CouplingGLM
from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.methods.ising import ProbabilityFlow
from circuitlib.methods.logistic import L1Logistic
from circuitlib.methods.netformer import NetFormer
from circuitlib.methods.seqnmf import SeqNMF
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.methods.tca import TCA
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes

ESTIMATORS = [
    Correlation(),
    Precision(),
    SameBinGLM(),
    CouplingGLM(),
    HistoryGLM(link="log"),
    HistoryGLM(link="rectified"),
    HistoryGLM(symmetric=True),
    CouplingGLM(symmetric=True),
    SingleIndex(bin_width=1e-3),
    SingleIndex(bin_width=1e-3, directed=False),
    SingleIndex(structure="low-rank", directed=False, n_draws=2, bin_width=1e-3),
    ProbabilityFlow(),
    L1Logistic(l1=1e-3),
]
# Those that start from random numbers, which follow the order of the neurons.
RANDOM = [TCA(n_steps=20), SeqNMF(n_steps=20), NetFormer(n_steps=20)]
DT, N = 1e-3, 6
# A short recording tells little of six independent neurons.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*prefer free weights to the structure:UserWarning"),
    pytest.mark.filterwarnings("ignore:the fit ended:UserWarning"),
]


def name(estimator):
    options = [name for name in ("symmetric", "directed") if getattr(estimator, name, None)]
    return "-".join([type(estimator).__name__, getattr(estimator, "link", ""), *options])


@pytest.mark.parametrize("estimator", ESTIMATORS + RANDOM, ids=name)
def test_contract(estimator, spikes):
    assert estimator.fit(spikes) is estimator
    assert isinstance(estimator, ConnectivityEstimator)
    first = estimator.weights_.copy()
    assert first.shape == (N, N)
    assert np.isfinite(first).all()
    assert (np.diagonal(first) == 0).all()
    np.testing.assert_array_equal(estimator.fit(spikes).weights_, first)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name)
def test_relabelled_neurons_have_relabelled_weights(estimator, spikes):
    order = np.array([3, 0, 5, 1, 4, 2])
    weights = estimator.fit(spikes).weights_.copy()
    relabelled = estimator.fit(spikes.select(order)).weights_
    # A fit ends within a hundredth of a standard error of the optimum.
    atol = 1e-2 * np.abs(weights).max()
    np.testing.assert_allclose(relabelled, weights[np.ix_(order, order)], atol=atol)


@pytest.mark.parametrize("estimator", ESTIMATORS + RANDOM, ids=name)
def test_errors_name_what_is_wrong_with_the_neurons(estimator, spikes):
    with pytest.raises(ValueError, match="at least two"):
        estimator.fit(spikes.select(np.array([0])))
    counts = spikes.counts.copy()
    counts[:, [1, 4]] = 0
    with pytest.raises(ValueError, match=r"2 of 6 neurons never fire \(1, 4\)"):
        estimator.fit(Spikes(counts, DT))


@pytest.mark.parametrize("estimator", ESTIMATORS + RANDOM, ids=name)
def test_spike_times_and_counts_give_the_same(estimator, spikes):
    bins, neurons = np.nonzero(spikes.counts.clip(0, 1).T)[::-1]
    offsets = np.searchsorted(neurons, np.arange(N + 1))
    trains = SpikeTrains(bins * DT, offsets, spikes.duration)
    weights = estimator.fit(trains).weights_.copy()
    np.testing.assert_array_equal(estimator.fit(trains.binned(DT)).weights_, weights)


def test_baselines_without_a_prediction_have_no_bits(spikes):
    assert held_out_bits(Correlation().fit(spikes), spikes) is None
