"""The link is a cubic spline with straight ends, and its fit finds the link that made the data."""

import numpy as np
import pytest
from scipy.interpolate import BSpline
from sklearn.isotonic import IsotonicRegression

from circuitlib.methods.single_index.link import Link, fit_link, straight

LINK = Link(-1.0, 0.3, np.random.default_rng(0).normal(size=17))
LOW, HIGH = -1.0, -1.0 + 14 * 0.3


def test_inside_it_is_a_b_spline():
    drive = np.linspace(LOW, HIGH, 200)
    knots = LOW + 0.3 * np.arange(-3, 18)
    spline = BSpline(knots, LINK.coefficients, 3)
    value, slope = LINK(drive)
    np.testing.assert_allclose(value, spline(drive), atol=1e-12)
    np.testing.assert_allclose(slope, spline.derivative()(drive), atol=1e-12)


def test_beyond_it_is_straight():
    for outside in (np.linspace(LOW - 3, LOW, 9), np.linspace(HIGH, HIGH + 3, 9)):
        value, slope = LINK(outside)
        np.testing.assert_allclose(np.diff(value, 2), 0, atol=1e-10)
        np.testing.assert_allclose(np.diff(value) / np.diff(outside), slope[:-1], atol=1e-10)


def test_the_basis_gives_values_and_sums():
    drive, amount = np.linspace(-3, 6, 300), np.random.default_rng(1).random(300)
    value, slope = LINK(drive)
    basis = LINK.basis(drive)
    np.testing.assert_allclose(basis @ LINK.coefficients, value, atol=2e-6)
    np.testing.assert_allclose(LINK.basis_sum(drive, amount), amount @ basis, atol=2e-5)
    assert LINK.slope_sum(drive) @ LINK.coefficients == pytest.approx(slope.sum())


def test_a_straightened_link_adds_the_drive_to_a_level():
    drive = np.linspace(-3, 6, 50)
    value, slope = LINK.straightened(0.7)(drive)
    np.testing.assert_allclose(value, 0.7 + drive, atol=1e-10)
    np.testing.assert_allclose(slope, 1.0, atol=1e-10)


def test_a_stretched_link_says_the_same_of_stretched_drives():
    drive = np.linspace(-3, 6, 50)
    np.testing.assert_allclose(LINK.stretched(2.5)(2.5 * drive)[0], LINK(drive)[0], atol=1e-10)


def test_a_straight_link_adds_the_drive():
    drive = np.linspace(-30, 30, 7)
    value, slope = straight(-2.0)(drive)
    np.testing.assert_allclose(value, drive - 2.0, atol=1e-10)
    np.testing.assert_allclose(slope, 1.0)


def test_layout_in_memory_does_not_matter():
    drive = np.random.default_rng(1).normal(size=(7, 3))
    np.testing.assert_array_equal(LINK(np.asfortranarray(drive))[0], LINK(drive)[0])


@pytest.mark.parametrize("rate", [np.exp, lambda z: np.log1p(np.exp(3 * z))], ids=["log", "soft"])
def test_the_fit_finds_the_link_of_the_data(rate):
    rng = np.random.default_rng(2)
    drive = rng.normal(0, 0.5, 400_000)
    spikes = np.repeat(drive, rng.poisson(0.05 * rate(drive)))
    link = fit_link(spikes, drive, weight=1.0)
    inner = np.linspace(*np.quantile(spikes, [0.02, 0.98]), 30)
    expected = np.log(0.05 * rate(inner))
    # A piece holds about a thousand spikes or more, which tell the rate to 3 %.
    np.testing.assert_allclose(link(inner)[0], expected, atol=0.12)


def test_the_log_rate_does_not_fall_where_the_drive_grows():
    rng = np.random.default_rng(3)
    drive = np.sort(rng.uniform(-1, 1, 200_000))
    counts = rng.poisson(0.05 * np.exp(-2 * drive**2))  # a hump
    link = fit_link(np.repeat(drive, counts), drive, weight=1.0)
    value, slope = link(drive)
    assert slope.min() > -0.02
    inner = slice(20_000, 180_000)
    best = np.log(IsotonicRegression().fit_transform(drive, counts)[inner])
    np.testing.assert_allclose(value[inner], best, atol=0.15)
