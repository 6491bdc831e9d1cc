"""Figures show the arrays that they are given, and change nothing else."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from circuitlib.head_direction.angular_profile import AngularProfile
from circuitlib.metrics import mean_profile
from circuitlib.notebook import plotting
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


@pytest.fixture
def polar():
    figure, axes = plt.subplots(subplot_kw={"projection": "polar"})
    yield axes
    plt.close(figure)


@pytest.fixture
def trains():
    return SpikeTrains(np.array([0.1, 0.5, 0.2, 0.3, 0.9]), np.array([0, 2, 2, 5]), 1.0)


def test_the_style_is_set_only_when_asked_for():
    with mpl.rc_context():
        before = mpl.rcParams["figure.figsize"]
        assert list(before) != list(plotting.STYLE["figure.figsize"])
        plotting.use_style()
        assert list(mpl.rcParams["figure.figsize"]) == list(plotting.STYLE["figure.figsize"])


def test_method_colours_differ_in_lightness_or_hue_for_a_reader_without_red_or_green():
    # Deuteranopia, simulated in linear RGB (Machado, Oliveira & Fernandes 2009, severity 1).
    deuteranopia = np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    )
    seen = [
        deuteranopia @ (np.array(colors.to_rgb(c)) ** 2.2) for c in plotting.METHOD_COLOURS.values()
    ]
    for k, one in enumerate(seen):
        for other in seen[:k]:
            assert np.abs(one.clip(0, 1) ** (1 / 2.2) - other.clip(0, 1) ** (1 / 2.2)).max() > 0.1


def test_raster_of_trains_has_a_tick_for_each_spike_of_the_window(ax, trains):
    ticks = plotting.raster(trains, ax, 0.2, 0.9)
    drawn = sorted(zip(*(np.asarray(d).tolist() for d in ticks.get_data()), strict=True))
    assert drawn == [(0.2, 2), (0.3, 2), (0.5, 0)]
    assert ax.get_xlim() == (0.2, 0.9)


def test_raster_of_counts_puts_ticks_in_the_middle_of_their_bins(ax):
    counts = np.zeros((10, 2), dtype=np.uint8)
    counts[4, 1] = 3
    ticks = plotting.raster(Spikes(counts, 0.1), ax, 0.2)
    np.testing.assert_allclose(ticks.get_xdata(), [0.45])
    np.testing.assert_allclose(ticks.get_ydata(), [1])


def test_raster_refuses_an_empty_window(ax, trains):
    with pytest.raises(ValueError, match="`start`"):
        plotting.raster(trains, ax, 0.5, 0.5)


def test_a_bump_needs_polar_axes(ax):
    with pytest.raises(ValueError, match="polar"):
        plotting.bump(np.ones(4), ax)


def test_the_weight_matrix_has_a_symmetric_scale_and_shows_what_is_missing_in_grey(ax):
    weights = np.array([[np.nan, -3.0], [1.0, 0.0]])
    image = plotting.weight_matrix(weights, ax)
    assert image.get_clim() == (-3.0, 3.0)
    rgba = image.to_rgba(image.get_array())
    np.testing.assert_allclose(rgba[0, 0], colors.to_rgba(plotting.GREY), atol=1 / 255)
    assert plotting.weight_matrix(weights, ax, limit=5.0).get_clim() == (-5.0, 5.0)


def test_a_matrix_without_any_weight_can_be_drawn(ax):
    assert plotting.weight_matrix(np.full((2, 2), np.nan), ax).get_clim() == (-1.0, 1.0)


@pytest.mark.parametrize("n", [6, 7])
def test_the_profile_is_drawn_at_signed_distances_without_the_diagonal(n, ax):
    weights = np.random.default_rng(0).normal(size=(n, n))
    truth, other = mean_profile(weights), np.arange(float(n))
    lines = plotting.weight_profile({"gnn": other}, ax, truth)
    assert [line.get_label() for line in lines] == ["truth", "gnn"]
    assert lines[0].get_color() == plotting.BLACK
    shown = dict(zip(*lines[0].get_data(), strict=True))
    assert np.isnan(shown[0])
    assert shown[1] == truth[1]  # post one place beyond pre
    assert shown[-1] == truth[n - 1]


def test_tuning_curves_on_one_axes_or_one_each(ax):
    angles, rates = np.array([0.5, 2.5, 4.5]), np.arange(6.0).reshape(3, 2)
    lines = plotting.tuning_curves(angles, rates, ax)
    np.testing.assert_allclose(lines[1].get_xdata(), np.rad2deg(angles))
    np.testing.assert_array_equal(lines[1].get_ydata(), rates[:, 1])
    figure, panels = plt.subplots(1, 3, subplot_kw={"projection": "polar"})
    lines = plotting.tuning_curves(angles, rates, panels)
    np.testing.assert_array_equal(lines[0].get_ydata(), [0, 2, 4, 0])
    assert [panel.get_visible() for panel in panels] == [True, True, False]
    with pytest.raises(ValueError, match="need as many axes"):
        plotting.tuning_curves(angles, np.ones((3, 4)), panels)
    plt.close(figure)


def test_angular_profiles_show_mean_and_standard_error(ax):
    profile = AngularProfile(
        np.array([0.5, 2.0]), np.array([1.0, -1.0]), np.full(2, 0.2), np.array([3, 4])
    )
    marks = plotting.angular_profile({"mouse": profile, "control": profile}, ax)
    assert [mark.get_label() for mark in marks] == ["mouse", "control"]
    np.testing.assert_array_equal(marks[0].lines[0].get_ydata(), [1, -1])
    segments = marks[0].lines[2][0].get_segments()
    np.testing.assert_allclose(segments[0][:, 1], [0.8, 1.2])
