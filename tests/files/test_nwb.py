"""NWB files are read right, or refused in one line that says what there is to choose."""

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.files.load import load
from circuitlib.files.nwb import open_nwb, time_series

CHOICES = [
    ({}, "01234567"),
    ({"units": "location=ADn"}, "012345"),
    ({"units": ["location=adn", "quality=good"]}, "024"),
    ({"units": "quality=good,fair"}, "01234567"),
    ({"units": ["5", "3"]}, "53"),
    ({"units": [5, 3]}, "53"),
    ({"units": np.arange(8) > 5}, "67"),
    ({"units": ["5", "4", "quality=fair"]}, "5"),
]


@pytest.mark.parametrize(("asked", "units"), CHOICES)
def test_units_are_chosen_by_name_and_by_column(asked, units, write_nwb, samples, tmp_path):
    recording = load(write_nwb(tmp_path / "s.nwb"), **asked)
    assert recording.units == tuple(units)
    for neuron, name in enumerate(units):
        np.testing.assert_allclose(recording[neuron], samples[int(name)] / 30_000, atol=1e-6)


@pytest.mark.parametrize("epochs", ["wake", "epochs:wake", "Wake", [[1.4e9, 1.4e9 + 10]], "x.csv"])
def test_epochs_are_chosen_by_table_and_tag(epochs, write_nwb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("start,stop\n1400000000,1400000010\n")
    whole, part = (load(write_nwb(tmp_path / "s.nwb"), epochs=each) for each in (None, epochs))
    assert part.duration == pytest.approx(10.0)
    np.testing.assert_array_equal(part.times, whole.between(0.0, 10.0).times)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"units": "area=ADn"}, "no column 'area', but quality, location"),
        ({"units": "location=MEC"}, "column 'location' holds ADn, CA1"),
        ({"units": ["9"]}, r"no unit '9'; the units are 0, 1, 2, 3, 4, \.\.\."),
        ({"units": ["0", "quality=fair"]}, "no unit is left"),
        ({"units": 3}, "must be names or conditions"),
        ({"epochs": "rest"}, "choose one of: epochs, epochs:wake, epochs:sleep"),
        ({"epochs": [[0.0, 10.0]]}, "nothing was recorded in these epochs"),
        ({"start": 0.0, "stop": 10.0}, "between --start and --stop; .* from 1.4e"),
    ],
)
def test_what_cannot_be_chosen_is_answered_with_what_can(asked, message, write_nwb, tmp_path):
    with pytest.raises(ArchiveError, match=message) as caught:
        load(write_nwb(tmp_path / "s.nwb"), **asked)
    assert str(caught.value).startswith(str(tmp_path / "s.nwb"))
    assert "\n" not in str(caught.value)


def test_time_in_which_a_unit_was_lost_is_no_silence(write_nwb, tmp_path):
    path = write_nwb(tmp_path / "s.nwb", lost=(2,))
    with pytest.warns(UserWarning, match=r"1 units \(2\) .* only the 75% .* --units"):
        recording = load(path)
    assert recording.duration == pytest.approx(15.0)
    assert load(path, units=["0", "1", "3"]).duration == pytest.approx(20.0)


def test_invalid_times_are_left_out(write_nwb, tmp_path):
    recording = load(write_nwb(tmp_path / "s.nwb", invalid=(4.0, 7.0)))
    assert recording.duration == pytest.approx(17.0)
    np.testing.assert_allclose(recording.run_starts, [0.0, 4.0], atol=1e-6)


def test_one_of_several_tables_of_units_must_be_chosen(write_nwb, samples, tmp_path):
    path = write_nwb(tmp_path / "s.nwb", second=True)
    with pytest.raises(ArchiveError, match=r"several tables of units \(other_sorter, units\)"):
        load(path)
    recording = load(path, units="table=other_sorter")
    assert recording.units == ("other_sorter/0",)
    assert recording.n_spikes == len(samples[0])
    assert load(path, units=["table=units", "location=CA1"]).units == ("units/6", "units/7")


def test_epochs_without_tags_are_one_table(write_nwb, tmp_path):
    path = write_nwb(tmp_path / "s.nwb", tags=False)
    assert load(path, epochs="epochs").duration == pytest.approx(20.0)
    with pytest.raises(ArchiveError, match=r"no epochs 'wake'; choose one of: epochs$"):
        load(path, epochs="wake")


def test_units_without_spike_times_are_refused(write_nwb, tmp_path):
    with pytest.raises(ArchiveError, match="holds no spike times"):
        load(write_nwb(tmp_path / "s.nwb", times=False))


def test_damaged_files_are_refused_in_one_line(write_nwb, tmp_path):
    whole = write_nwb(tmp_path / "s.nwb").read_bytes()
    for size in (0, 100, len(whole) // 2):
        (tmp_path / "cut.nwb").write_bytes(whole[:size])
        with pytest.raises(ArchiveError, match=r"cut\.nwb: ") as caught:
            load(tmp_path / "cut.nwb")
        assert "\n" not in str(caught.value)
    with pytest.raises(ArchiveError, match="no such file"):
        load(tmp_path / "absent.nwb")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("speed", "no time series 'speed'; choose one of: behavior/CompassDirection/head_dir"),
        ("direction", "no time series 'direction'"),
    ],
)
def test_a_time_series_that_is_not_there_is_answered_with_those_that_are(
    name, message, write_nwb, tmp_path
):
    with (
        open_nwb(write_nwb(tmp_path / "s.nwb")) as nwb,
        pytest.raises(ValueError, match=message),
    ):
        time_series(nwb, name)
