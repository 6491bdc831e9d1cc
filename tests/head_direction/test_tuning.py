"""Tuning curves, head-direction scores and evenness, against closed forms and naive loops."""

import numpy as np
import pytest
from scipy.special import i0, i1

from circuitlib.head_direction.tuning import (
    BIN_WIDTH,
    BOXCAR,
    TuningCurves,
    coverage_divergence,
    hd_score,
    preferred_directions,
    resultant,
    tuning_curves,
    wrap,
)
from circuitlib.recordings.spikes import Spikes

TAU = 2 * np.pi
RNG = np.random.default_rng(0)
DT = 10e-3
ANGLE = wrap(np.cumsum(RNG.normal(0, 0.1, size=20_000)))
PREFERRED = np.array([0.3, 2.0, 4.0, 6.1])
SHARPNESS = 3.0
RATE = 20 * np.exp(SHARPNESS * (np.cos(ANGLE[:, None] - PREFERRED) - 1))
FLAT = np.full((len(ANGLE), 1), 5.0)
SPIKES = Spikes(RNG.poisson(np.hstack([RATE, FLAT]) * DT).astype(np.uint8), DT)


def test_a_constant_rate_gives_a_flat_curve_whatever_the_occupancy():
    angle = wrap(0.5 * np.sin(np.linspace(0, 50, 4000)) ** 3 + np.linspace(0, TAU, 4000))
    spikes = Spikes(np.full((4000, 2), 3, dtype=np.uint8), DT)
    np.testing.assert_allclose(tuning_curves(spikes, angle).rates, 3 / DT)


def test_without_smoothing_the_curve_is_spikes_over_time_in_each_bin():
    angles, rates = tuning_curves(SPIKES, ANGLE, bin_width=TAU / 8, boxcar=0.0)
    for k in range(8):
        inside = np.abs(ANGLE - angles[k]) < TAU / 16
        expected = SPIKES.counts[inside].sum(axis=0) / (inside.sum() * DT)
        np.testing.assert_allclose(rates[k], expected)


def test_the_boxcar_averages_the_stated_width_and_counts_the_outermost_bins_in_part():
    one_bin = Spikes(np.eye(120, dtype=np.uint8), 1.0)  # neuron k fires only in direction k
    angle = (np.arange(120) + 0.5) * TAU / 120
    curve = tuning_curves(one_bin, angle).rates[:, 0]
    bins = BOXCAR / BIN_WIDTH
    expected = np.zeros(120)
    expected[[-1, 0, 1]] = 1 / bins
    expected[[-2, 2]] = (bins - 3) / 2 / bins
    np.testing.assert_allclose(curve, expected, atol=1e-12)


def test_directions_never_visited_are_nan_and_do_not_dilute_their_neighbours():
    spikes = Spikes(np.ones((100, 1), dtype=np.uint8), DT)
    rates = tuning_curves(spikes, np.full(100, 1.0)).rates
    assert np.isnan(rates).any()
    np.testing.assert_allclose(rates[np.isfinite(rates)], 1 / DT)


def test_preferred_direction_and_vector_length_of_von_mises_cells():
    curves = tuning_curves(SPIKES, ANGLE)
    error = np.angle(np.exp(1j * (preferred_directions(curves)[:4] - PREFERRED)))
    assert np.abs(error).max() < 0.1
    length = np.abs(resultant(curves))[:4]
    np.testing.assert_allclose(length, i1(SHARPNESS) / i0(SHARPNESS), atol=0.04)


def test_a_silent_neuron_has_no_direction_and_no_score():
    counts = SPIKES.counts.copy()
    counts[:, 0] = 0
    silent = Spikes(counts, DT)
    assert np.isnan(preferred_directions(tuning_curves(silent, ANGLE)))[0]
    score, threshold = hd_score(silent, ANGLE, n_shuffles=50)
    np.testing.assert_array_equal(np.isnan(score), [True, False, False, False, False])
    assert np.isnan(threshold[0])


def test_the_score_is_the_vector_length_of_the_smoothed_curve():
    score = hd_score(SPIKES, ANGLE, n_shuffles=10).score
    np.testing.assert_allclose(score, np.abs(resultant(tuning_curves(SPIKES, ANGLE))))


def test_the_threshold_agrees_with_a_loop_over_shifted_trains():
    n_shuffles, min_shift = 20, 20.0
    threshold = hd_score(SPIKES, ANGLE, n_shuffles, 90.0, min_shift, seed=3).threshold
    rng = np.random.default_rng(np.random.SeedSequence(3).spawn(1)[0])
    first = round(min_shift / DT)
    shifts = rng.integers(first, SPIKES.n_bins - first + 1, size=n_shuffles)
    lengths = []
    for shift in shifts:
        shifted = Spikes(np.roll(SPIKES.counts, -shift, axis=0), DT)
        lengths.append(np.abs(resultant(tuning_curves(shifted, ANGLE))))
    np.testing.assert_allclose(threshold, np.percentile(lengths, 90.0, axis=0))


def test_tuned_cells_pass_and_a_flat_cell_does_not():
    np.testing.assert_array_equal(hd_score(SPIKES, ANGLE).is_hd, [True, True, True, True, False])


def test_divergence_is_zero_when_even_and_log_bins_when_all_agree():
    assert coverage_divergence(np.arange(16) * TAU / 16 + 0.1) == pytest.approx(0)
    assert coverage_divergence(np.full(5, 1.0), n_bins=8) == pytest.approx(3)


def test_wrapped_angles_stay_below_the_full_circle():
    angle = wrap(np.array([-1e-18, TAU, -1.0, 7.0]))
    assert (angle >= 0).all()
    assert (angle < TAU).all()
    np.testing.assert_allclose(np.exp(1j * angle), np.exp(1j * np.array([0, 0, -1.0, 7.0])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"angle": ANGLE[:-1]}, r"`angle` must have shape \(20000,\)"),
        ({"angle": np.where(np.arange(20_000) == 3, np.nan, ANGLE)}, "`angle` holds NaN"),
        ({"bin_width": 1.0}, "`bin_width` must divide the circle"),
        ({"bin_width": 0.0}, "`bin_width` must divide the circle"),
        ({"boxcar": -0.1}, "`boxcar` must lie between"),
    ],
)
def test_errors_of_tuning_curves_name_the_argument(change, message):
    with pytest.raises(ValueError, match=message):
        tuning_curves(**({"spikes": SPIKES, "angle": ANGLE} | change))


def test_other_errors():
    with pytest.raises(ValueError, match="`min_shift`"):
        hd_score(SPIKES, ANGLE, min_shift=150.0)
    with pytest.raises(ValueError, match="no finite direction"):
        coverage_divergence(np.array([np.nan]))


def test_a_curve_with_one_direction_points_there():
    angles = np.array([0.5, 1.5, 2.5])
    curves = TuningCurves(angles, np.array([[0.0], [0.0], [4.0]]))
    assert preferred_directions(curves)[0] == pytest.approx(2.5)
    assert abs(resultant(curves)[0]) == pytest.approx(1)


class TestTheRealSession:
    pytestmark = pytest.mark.data

    def test_every_cell_is_a_head_direction_cell(self, mouse):
        score, threshold = hd_score(mouse.spikes, mouse.angle)
        assert (score > threshold).all()
        assert score.min() > 0.5
        # The stated quality has 60 unsmoothed bins.
        length = np.abs(resultant(tuning_curves(mouse.spikes, mouse.angle, np.pi / 30, 0.0)))
        assert np.median(length) == pytest.approx(0.76, abs=0.005)

    def test_rates_and_directions_are_the_stated_ones(self, mouse):
        assert np.median(mouse.spikes.rates) == pytest.approx(3.2, abs=0.05)
        preferred = preferred_directions(mouse.tuning_curves())
        assert ((preferred > 3.4) & (preferred < 5.1)).sum() == 11
        assert coverage_divergence(preferred) > 0.2
