"""Recorded intervals are put in order, cut against each other, and joined."""

import numpy as np
import pytest

from circuitlib.recordings.intervals import UNKNOWN, intersection, joined, recorded, without
from circuitlib.recordings.spike_trains import SpikeTrains


class Edges:
    """Intervals as pynapple keeps them."""

    start = np.array([0.0, 7.0])
    end = np.array([5.0, 9.0])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([[0, 5], [7, 9]], [[0, 5], [7, 9]]),
        ([[7, 9], [0, 5]], [[0, 5], [7, 9]]),
        ([[0, 5], [5, 9]], [[0, 9]]),
        ([[0, 5], [6, 6], [7, 9]], [[0, 5], [7, 9]]),
        (Edges(), [[0, 5], [7, 9]]),
        ([[[0, 9]], [[1, 3], [4, 12]]], [[1, 3], [4, 9]]),
        ([Edges(), [[4, 8]]], [[4, 5], [7, 8]]),
        ([UNKNOWN, [[4, 8]]], [[4, 8]]),
        ([UNKNOWN, UNKNOWN], UNKNOWN),
    ],
)
def test_intervals_come_in_order_and_only_the_time_common_to_all_neurons_is_kept(given, expected):
    np.testing.assert_array_equal(recorded(given), expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([[0, 5], [4, 9]], "must not overlap"),
        ([[5, 0]], "start before they stop"),
        ([[5, 5]], "hold no time"),
        ([[0, np.nan]], "holds NaN"),
        ([0, 5], "must have shape"),
        (None, "must be numbers, got NoneType"),
        ("wake", "must be numbers"),
        ([[[0, 1]], [[2, 3]]], "no time in common"),
    ],
)
def test_what_are_no_intervals_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        recorded(given)


def test_cutting_agrees_with_a_grid_of_time():
    rng = np.random.default_rng(0)
    grid = np.arange(0.5, 100.0)

    def marked(spans):
        return ((grid[:, None] > spans[:, 0]) & (grid[:, None] < spans[:, 1])).any(axis=1)

    for _ in range(20):
        edges = [np.sort(rng.choice(100, 12, replace=False)).astype(float) for _ in range(2)]
        one, other = (each.reshape(-1, 2) for each in edges)
        np.testing.assert_array_equal(marked(intersection(one, other)), marked(one) & marked(other))
        np.testing.assert_array_equal(marked(without(one, other)), marked(one) & ~marked(other))
    np.testing.assert_array_equal(
        without(UNKNOWN, np.array([[3.0, 4.0]])), [[-np.inf, 3], [4, np.inf]]
    )


def test_joined_intervals_leave_out_what_lies_between_them():
    times, inside, starts, duration = joined(
        np.array([1.0, 5.0, 6.0, 7.5, 9.0, 9.5]), np.array([[0.0, 5.0], [7.0, 9.0]])
    )
    np.testing.assert_array_equal(times, [1.0, 5.5, 7.0])
    np.testing.assert_array_equal(inside, [True, False, False, True, True, False])
    np.testing.assert_array_equal(starts, [0.0, 5.0])
    assert duration == 7.0


def test_a_recording_without_an_end_is_refused():
    with pytest.raises(ValueError, match="must be finite"):
        SpikeTrains.within([0.1, 0.2], [0, 1, 2], UNKNOWN)
