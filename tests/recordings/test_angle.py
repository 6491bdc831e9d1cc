"""An angle stays beside its spikes when they are cut, chosen, counted and saved."""

import numpy as np
import pytest

from circuitlib.files.load import load
from circuitlib.recordings.angle import Angle
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes

ANGLE = Angle([0.0, 1.0, 2.0, 3.0], 0.5)
TRAINS = SpikeTrains(
    np.array([0.1, 0.7, 1.3, 1.9]), np.array([0, 2, 4]), 2.0, run_starts=[0.0, 1.1], angle=ANGLE
)


def test_a_sample_holds_up_to_the_next():
    at = ANGLE.at(np.array([0.0, 0.49, 0.5, 1.2, 1.9, 5.0]))
    assert at.tolist() == [0, 0, 1, 2, 3, 3]
    assert ANGLE.duration == 2.0


@pytest.mark.parametrize("start", [0.0, 0.2, 0.5, 1.7])
def test_a_part_is_read_at_its_own_time(start):
    part = ANGLE.between(start, 2.0)
    times = np.linspace(0, 2.0 - start, 50, endpoint=False)
    np.testing.assert_array_equal(part.at(times), ANGLE.at(times + start))
    again = part.between(0.1, 2.0 - start)
    np.testing.assert_array_equal(again.at(times), ANGLE.at(times + start + 0.1))


def test_an_angle_between_samples_turns_the_shorter_way():
    angle = Angle.sampled([0.0, 1.0, 2.0], [3.0, -3.0, -2.0], dt=0.5)
    middle = (3.0 + 2 * np.pi - 3.0) / 2
    np.testing.assert_allclose(
        angle.values, [3, middle, 2 * np.pi - 3, 2 * np.pi - 2.5, 2 * np.pi - 2]
    )


def test_it_is_cut_and_chosen_with_the_spikes():
    first, rest = TRAINS.split(0.5)
    assert first.angle.at(np.array([0.9])) == 1
    assert rest.angle.at(np.array([0.9])) == 3
    assert TRAINS.select([1]).angle is ANGLE


def test_counts_have_the_angle_in_the_middle_of_each_bin():
    # Runs of 1.1 and 0.9 s hold two bins and one.
    counts = TRAINS.binned(0.5)
    assert counts.angle.tolist() == [0, 1, 2]
    assert counts.window(1, 2).angle.tolist() == [1, 2]
    assert counts.select([0]).angle.tolist() == [0, 1, 2]
    fine = Spikes(np.ones((7, 2)), 0.1, [0, 4], angle=np.arange(7))
    assert fine.binned(0.2).angle.tolist() == [1, 3, 5]


@pytest.mark.parametrize("recording", [TRAINS, TRAINS.binned(0.1)], ids=["times", "counts"])
def test_it_comes_back_from_a_file(recording, tmp_path):
    recording.save(tmp_path / "spikes.npz")
    back = load(tmp_path / "spikes.npz", time_unit="s")
    for recorded, read in ((recording, back), (recording.split(0.5)[1], back.split(0.5)[1])):
        known = [
            each.angle if isinstance(each, Spikes) else each.angle.values
            for each in (recorded, read)
        ]
        np.testing.assert_array_equal(*known)


def test_spikes_without_an_angle_have_none(tmp_path):
    plain = SpikeTrains(np.array([0.1]), np.array([0, 1]), 2.0)
    assert plain.angle is None
    assert plain.binned(0.5).angle is None
    assert plain.between(0.0, 1.0).angle is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Angle([], 0.1), "must have shape"),
        (lambda: Angle([0.0, np.nan], 0.1), "NaN"),
        (lambda: Angle([0.0], 0.0), "`angle_dt`"),
        (lambda: Angle([0.0], 0.1, 1.0), "`angle_start`"),
        (lambda: Angle.sampled([0.0, 0.0], [1.0, 2.0]), "must rise"),
        (lambda: Angle.sampled([0.0], [1.0]), "same shape"),
        (lambda: Spikes(np.ones((3, 1)), 0.1, angle=[0.0, 1.0]), r"shape \(3,\)"),
    ],
)
def test_a_bad_angle_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
