import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import expit
from sklearn.linear_model import PoissonRegressor

from circuitlib.methods.covariance import Correlation, Precision
from circuitlib.methods.estimator import ConnectivityEstimator, SpikePredictor, held_out_bits
from circuitlib.methods.glm.coupling import CouplingGLM
from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.methods.glm.links import respond
from circuitlib.methods.glm.regressions import Regressions
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.methods.ising import ProbabilityFlow
from circuitlib.methods.logistic import L1Logistic
from circuitlib.methods.netformer import NetFormer
from circuitlib.methods.seqnmf import SeqNMF
from circuitlib.methods.tca import TCA
from circuitlib.metrics import score_weights
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import trace
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

GLMS = [SameBinGLM(), CouplingGLM(), HistoryGLM(link="log"), HistoryGLM(link="rectified")]
ESTIMATORS = [
    Correlation(),
    Precision(),
    *GLMS,
    HistoryGLM(symmetric=True),
    CouplingGLM(symmetric=True),
    HistoryGLM(rank=2),
    ProbabilityFlow(),
    L1Logistic(l1=1e-3),
]
# Those that start from random numbers, which follow the order of the neurons.
RANDOM = [TCA(n_steps=20), SeqNMF(n_steps=20), NetFormer(n_steps=20)]
LINKS = ("log", "rectified")
DT, TAU = 1e-3, 10e-3
N = 6
SHARPNESS = 60.0


def name(estimator):
    options = [name for name in ("symmetric", "rank") if getattr(estimator, name, None)]
    return "-".join([type(estimator).__name__, getattr(estimator, "link", ""), *options])


def coupled(link, n_bins, self_weight=0.0, seed=0):
    """Draw spikes from the history model itself; return them with weights and true rates."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 0.3 if link == "log" else 0.015, (N, N))
    np.fill_diagonal(weights, self_weight)
    intercept, sharpness = (np.log(0.05), 1.0) if link == "log" else (0.05, SHARPNESS)
    decay = np.exp(-DT / TAU)
    s = np.zeros(N)
    counts = np.zeros((n_bins, N), dtype=np.uint8)
    rates = np.zeros((n_bins, N))
    for t in range(n_bins):
        u = intercept + weights @ s
        rates[t] = np.exp(u) if link == "log" else np.logaddexp(0, sharpness * u) / sharpness
        counts[t] = rng.poisson(rates[t])
        s = decay * (s + counts[t])
    return Spikes(counts, DT), weights, rates


SPIKES, _, _ = coupled("log", 20_000)


def log_likelihood(counts, rates):
    return float((counts * np.log(rates) - rates).sum())


@pytest.mark.parametrize("estimator", ESTIMATORS + RANDOM, ids=name)
def test_contract(estimator):
    assert estimator.fit(SPIKES) is estimator
    assert isinstance(estimator, ConnectivityEstimator)
    first = estimator.weights_.copy()
    assert first.shape == (N, N)
    assert np.isfinite(first).all()
    assert (np.diagonal(first) == 0).all()
    np.testing.assert_array_equal(estimator.fit(SPIKES).weights_, first)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name)
def test_relabelled_neurons_have_relabelled_weights(estimator):
    order = np.array([3, 0, 5, 1, 4, 2])
    weights = estimator.fit(SPIKES).weights_.copy()
    relabelled = estimator.fit(SPIKES.select(order)).weights_
    # A fit ends within a hundredth of a standard error of the optimum.
    atol = 1e-2 * np.abs(weights).max()
    np.testing.assert_allclose(relabelled, weights[np.ix_(order, order)], atol=atol)


@pytest.mark.parametrize("estimator", ESTIMATORS + RANDOM, ids=name)
def test_errors_name_what_is_wrong_with_the_neurons(estimator):
    with pytest.raises(ValueError, match="at least two"):
        estimator.fit(SPIKES.select(np.array([0])))
    counts = SPIKES.counts.copy()
    counts[:, [1, 4]] = 0
    with pytest.raises(ValueError, match=r"2 of 6 neurons never fire \(1, 4\)"):
        estimator.fit(Spikes(counts, DT))


@pytest.mark.parametrize("estimator", ESTIMATORS + RANDOM, ids=name)
def test_spike_times_and_counts_give_the_same(estimator):
    bins, neurons = np.nonzero(SPIKES.counts.clip(0, 1).T)[::-1]
    offsets = np.searchsorted(neurons, np.arange(N + 1))
    trains = SpikeTrains(bins * DT, offsets, SPIKES.duration)
    weights = estimator.fit(trains).weights_.copy()
    np.testing.assert_array_equal(estimator.fit(trains.binned(DT)).weights_, weights)


def test_correlation_equals_numpy():
    expected = np.corrcoef(SPIKES.binned(10e-3).counts.T) - np.eye(N)
    np.testing.assert_allclose(Correlation().fit(SPIKES).weights_, expected, atol=1e-12)


def test_precision_of_three_neurons_equals_the_closed_form():
    three = SPIKES.select(np.arange(3))
    r = np.corrcoef(three.binned(10e-3).counts.T)
    expected = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    weights = Precision().fit(three).weights_
    assert weights[0, 1] == pytest.approx(expected, abs=1e-12)
    np.testing.assert_array_equal(weights, weights.T)


def test_a_copied_or_constant_neuron_has_no_precision():
    copied = Spikes(SPIKES.counts[:, [0, 1, 2, 0]], DT)
    with pytest.raises(ValueError, match=r"singular \(rank 3 of 4\)"):
        Precision().fit(copied)
    counts = SPIKES.counts.copy()
    counts[:, 2] = 1
    for estimator in (Correlation(), Precision()):
        with pytest.raises(ValueError, match="neuron 2 has the same count in every bin"):
            estimator.fit(Spikes(counts, DT))


def test_same_bin_glm_equals_scikit_learn():
    l2 = 1e-3
    glm = SameBinGLM(l2=l2).fit(SPIKES)
    counts = SPIKES.binned(10e-3).counts.astype(float)
    for post in range(N):
        others = np.arange(N) != post
        reference = PoissonRegressor(alpha=l2, tol=1e-8, max_iter=1000)
        reference.fit(counts[:, others], counts[:, post])
        np.testing.assert_allclose(glm.weights_[post, others], reference.coef_, atol=1e-3)
        assert glm.intercepts_[post] == pytest.approx(reference.intercept_, abs=1e-3)


def test_history_glm_with_log_link_equals_scikit_learn():
    l2 = 1e-4
    glm = HistoryGLM(l2=l2).fit(SPIKES)
    s = trace(SPIKES, TAU).astype(float)
    rates = np.empty(s.shape)
    for post in range(N):
        others = np.arange(N) != post
        reference = PoissonRegressor(alpha=l2, tol=1e-8, max_iter=1000)
        reference.fit(s[:, others], SPIKES.counts[:, post])
        np.testing.assert_allclose(glm.weights_[post, others], reference.coef_, atol=1e-3)
        rates[:, post] = reference.predict(s[:, others])
    np.testing.assert_allclose(glm.rates(SPIKES), rates, rtol=5e-3)


def test_known_weights_are_recovered_within_standard_errors():
    spikes, weights, rates = coupled("log", 30_000, self_weight=0.2)
    glm = HistoryGLM(l2=0.0, self_history=True).fit(spikes)
    x = np.column_stack([trace(spikes, TAU), np.ones(spikes.n_bins)]).astype(float)
    information = np.einsum("tp,ti,tq->ipq", x, rates, x, optimize=True)
    errors = np.sqrt(np.diagonal(np.linalg.inv(information), axis1=1, axis2=2))[:, :N]
    z = (glm.coefficients_ - weights) / errors
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / z.size)  # nearly independent normal variables
    # A neuron's effect on itself is learned but is not a connection.
    off_diagonal = ~np.eye(N, dtype=bool)
    np.testing.assert_array_equal(glm.weights_, glm.coefficients_ * off_diagonal)


@pytest.mark.parametrize("link", LINKS)
def test_the_fit_beats_the_truth_by_half_a_nat_per_parameter(link):
    spikes, weights, rates = coupled(link, 30_000)
    glm = HistoryGLM(link=link, l2=0.0).fit(spikes)
    # Twice the gain is chi-squared distributed, of one degree of freedom per parameter.
    n_parameters = N * (N + 1 if link == "rectified" else N)
    gain = log_likelihood(spikes.counts, glm.rates(spikes)) - log_likelihood(spikes.counts, rates)
    assert abs(2 * gain - n_parameters) < 4 * np.sqrt(2 * n_parameters)
    similarity = np.corrcoef(glm.weights_.ravel(), weights.ravel())[0, 1]
    assert similarity > 0.95


@pytest.mark.parametrize("link", LINKS)
def test_gradient_equals_finite_differences(link):
    rng = np.random.default_rng(1)
    spikes = SPIKES.window(0, 500)
    features = trace(spikes, TAU).astype(float)
    used = ~np.eye(N, dtype=bool)
    regressions = Regressions(features, spikes.counts, used, link, 1e-2, np.float64)
    parameters = regressions.start()
    parameters[:, :N] = np.where(used, rng.normal(0, 0.3, (N, N)), 0)
    center = regressions.center()
    _, gradient = regressions.loss(parameters, center)

    def loss(flat):
        return regressions.loss(flat.reshape(parameters.shape), center)[0]

    numeric = approx_fprime(parameters.ravel(), loss, 1e-6).reshape(parameters.shape)
    learned = np.column_stack([used, np.ones(N), np.full(N, link == "rectified")]).astype(bool)
    np.testing.assert_allclose(gradient[learned], numeric[learned], rtol=1e-4, atol=1e-3)
    assert (gradient[~learned] == 0).all()


@pytest.mark.parametrize("glm", GLMS, ids=name)
def test_predicted_and_counted_spikes_agree_in_number(glm):
    # The optimum of the intercept (log link) or of the gain (rectified).
    n_spikes = SPIKES.binned(glm.bin_width).counts.sum(axis=0)
    assert isinstance(glm, SpikePredictor)
    rates = glm.fit(SPIKES).rates(SPIKES)
    assert rates.shape == SPIKES.binned(glm.bin_width).counts.shape
    # A hundredth of a standard error of a Poisson count.
    np.testing.assert_allclose(rates.sum(axis=0), n_spikes, atol=0.02 * np.sqrt(n_spikes.max()))


@pytest.mark.parametrize("link", LINKS)
def test_later_spikes_leave_earlier_rates_alone(link):
    glm = HistoryGLM(link=link).fit(SPIKES)
    counts = SPIKES.counts.copy()
    counts[700:] = 3 - counts[700:].clip(0, 3)
    before, after = glm.rates(SPIKES), glm.rates(Spikes(counts, DT))
    np.testing.assert_array_equal(before[:701], after[:701])
    assert (before[701] != after[701]).all()


def test_trace_equals_a_loop_and_never_crosses_a_gap():
    spikes = Spikes(SPIKES.counts[:300], DT, np.array([0, 120, 121]))
    s = np.zeros((300, N))
    for t in range(300):
        if t not in spikes.starts:
            s[t] = np.exp(-DT / TAU) * (s[t - 1] + spikes.counts[t - 1])
    np.testing.assert_allclose(trace(spikes, TAU), s, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("link", LINKS)
def test_links_are_finite_far_out_and_exact_nearby(link, dtype):
    drive = np.array([[-5000.0, -30.0, -1.0, 0.0, 2.0, 30.0]]).T.astype(dtype)
    rate, log_rate, slope = respond(link, drive, np.full(1, 0.5, dtype=dtype))
    z = drive[1:].astype(float)
    exact = np.exp(0.5) * (np.exp(z) if link == "log" else np.logaddexp(0, z))
    np.testing.assert_allclose(rate[1:], exact, rtol=1e-5)
    np.testing.assert_allclose(log_rate[1:], np.log(exact), rtol=1e-5, atol=1e-6)
    exact_slope = np.ones_like(z) if link == "log" else expit(z) / np.logaddexp(0, z)
    np.testing.assert_allclose(slope[1:], exact_slope, rtol=1e-5)
    assert np.isfinite([rate, log_rate, slope]).all()
    if link == "rectified":  # linear above threshold, without end
        far = np.full((1, 1), 5000.0, dtype=dtype)
        assert respond(link, far, np.zeros(1, dtype=dtype)).rate[0, 0] == pytest.approx(5000.0)


def test_settings_out_of_range_are_refused():
    for glm in (SameBinGLM(l2=-1.0), HistoryGLM(l2=float("nan"))):
        with pytest.raises(ValueError, match="`l2` must be zero or positive"):
            glm.fit(SPIKES)
    with pytest.raises(ValueError, match="`tau` in seconds must be positive, got 0"):
        HistoryGLM(tau=0.0).fit(SPIKES)
    with pytest.raises(ValueError, match="whole multiple"):
        SameBinGLM(bin_width=2.5e-3).fit(SPIKES)
    with pytest.raises(ValueError, match="the recording holds 3 neurons, but the fit 6"):
        SameBinGLM().fit(SPIKES).rates(SPIKES.select(np.arange(3)))


def test_baselines_without_a_prediction_have_no_bits():
    assert held_out_bits(Correlation().fit(SPIKES), SPIKES) is None


@pytest.mark.slow
def test_the_same_bin_glm_has_the_bias_of_das_and_fiete():
    network = RingNetwork(strength=0.025)
    recording = simulate(network, duration=480.0, spiking="threshold", seed=0)
    weights = SameBinGLM().fit(recording).weights_
    score = score_weights(network.weights, weights, network.bump_spacing)
    assert score.bias == pytest.approx(0.237, abs=0.02)
