"""Spike times of other libraries are taken over with what they say, or refused."""

import numpy as np
import pytest

from circuitlib.files.load import load

RNG = np.random.default_rng(0)
TIMES = [np.sort(RNG.uniform(100, 130, 200)) for _ in range(3)]


def test_a_group_keeps_its_names_columns_and_time_support():
    nap = pytest.importorskip("pynapple")
    support = nap.IntervalSet([100.0, 120.0], [110.0, 130.0])
    group = nap.TsGroup(
        dict(zip((4, 7, 9), map(nap.Ts, TIMES), strict=True)),
        time_support=support,
        metadata={"area": ["ADn", "CA1", "ADn"]},
    )
    recording = load(group)
    assert recording.units == ("4", "7", "9")
    assert recording.duration == 20.0
    np.testing.assert_array_equal(recording.run_starts, [0.0, 10.0])
    inside = TIMES[0][(TIMES[0] < 110) | (TIMES[0] >= 120)]
    np.testing.assert_allclose(recording[0], np.where(inside < 110, inside - 100, inside - 110))
    assert load(group, units="area=ADn").units == ("4", "9")
    assert load(group, epochs=nap.IntervalSet(105, 125)).duration == 10.0


def test_trains_that_stop_at_different_times_keep_what_is_common():
    neo = pytest.importorskip("neo")
    trains = [
        neo.SpikeTrain(own * 1e3, stop, "ms", t_start=100e3, name=name)
        for own, stop, name in zip(TIMES, (130e3, 130e3, 131e3), "abc", strict=True)
    ]
    with pytest.warns(UserWarning, match=r"2 units \(a, b\) were recorded for less time"):
        recording = load(trains)
    assert recording.units == ("a", "b", "c")
    assert recording.duration == pytest.approx(30.0)
    np.testing.assert_allclose(recording[1], TIMES[1] - 100)


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        (None, TypeError, "give a path, a TsGroup, .* got NoneType"),
        (3.5, TypeError, "got float"),
        ([], ValueError, "holds no units"),
        ({}, ValueError, "no unit is left"),
        ([["a", "b"]], ValueError, "`spike_times` must be numbers"),
        ([[], []], ValueError, "the recording is empty"),
        ([[1.0, np.nan, 2.0]], ValueError, "holds NaN"),
    ],
)
def test_what_holds_no_spike_times_is_refused(source, kind, message):
    with pytest.raises(kind, match=message):
        load(source)


def test_units_that_are_not_chosen_need_not_be_plausible():
    rare = [np.array([100.5])] * 400
    source = {str(unit): own for unit, own in enumerate([*TIMES, *rare])}
    with pytest.raises(ValueError, match="Hz; give --time-unit"):
        load(source)
    assert load(source, units=["0", "1", "2"]).n_neurons == 3
