"""An angle that was tracked beside spikes comes with them, wherever it is kept."""

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.files.inspection import inspect
from circuitlib.files.load import load

SPEED = 3.0
#: The tracking begins late, ends early and is lost in between, all on the file's clock (s).
BEGIN, END, LOST = 1.013, 18.5, (7.0, 9.25)


def tracked():
    """Return times and an angle that turns at an even speed."""
    time = np.arange(BEGIN, END, 0.025)
    time = time[(time <= LOST[0]) | (time >= LOST[1])]
    return time, np.mod(SPEED * time, 2 * np.pi)


def as_csv(path):
    time, angle = tracked()
    rows = [f"{float(t)!r},{float(a)!r}" for t, a in zip(time, angle, strict=True)]
    path.write_text("\n".join(["time,angle", *rows]) + "\n")
    return path


def test_a_recording_is_the_time_in_which_the_angle_was_tracked(samples, write_csv, tmp_path):
    time, _ = tracked()
    path = write_csv(tmp_path / "s.csv")
    recording = load(path, head_angle=tracked())
    before, after = time[time <= LOST[0]], time[time >= LOST[1]]
    lengths = np.ptp(before), np.ptp(after)
    np.testing.assert_allclose(recording.run_starts, [0.0, lengths[0]], atol=1e-9)
    assert recording.duration == pytest.approx(sum(lengths))
    spikes = np.sort(samples[3] / 30_000)
    kept = [spikes[(spikes >= run[0]) & (spikes < run[-1])] for run in (before, after)]
    joined = np.concatenate([kept[0] - before[0], kept[1] - after[0] + lengths[0]])
    np.testing.assert_allclose(recording[3], joined, atol=1e-9)
    # A sample of the angle holds for a millisecond.
    error = recording.angle.at(recording[3]) - SPEED * np.concatenate(kept)
    assert np.abs(np.angle(np.exp(1j * error))).max() < SPEED * 1.1e-3


def test_bins_get_the_angle_of_their_middle_in_every_run(write_csv, tmp_path):
    time, _ = tracked()
    counts = load(write_csv(tmp_path / "s.csv"), head_angle=tracked()).binned(10e-3)
    edge = time[time >= LOST[1]][0]
    for first, begin in zip(counts.starts, (BEGIN, edge), strict=True):
        middle = begin + 0.01 * (np.arange(100) + 0.5)
        error = counts.angle[first : first + 100] - SPEED * middle
        assert np.abs(np.angle(np.exp(1j * error))).max() < SPEED * 1.1e-3


def test_a_table_a_tsd_and_arrays_give_the_same(write_csv, tmp_path):
    nap = pytest.importorskip("pynapple")
    path = write_csv(tmp_path / "s.csv")
    time, angle = tracked()
    expected = load(path, head_angle=(time, angle))
    for source in (as_csv(tmp_path / "head.csv"), nap.Tsd(t=time, d=angle), (time, angle - 1e-12)):
        found = load(path, head_angle=source)
        np.testing.assert_array_equal(found.times, expected.times)
        error = found.angle.values - expected.angle.values
        assert np.abs(np.angle(np.exp(1j * error))).max() < 1e-9


def test_samples_without_a_value_are_time_that_was_not_tracked(write_csv, tmp_path):
    path = write_csv(tmp_path / "s.csv")
    time = np.arange(BEGIN, END, 0.025)
    angle = np.where((time > LOST[0]) & (time < LOST[1]), np.nan, np.mod(SPEED * time, 2 * np.pi))
    found, expected = (load(path, head_angle=each) for each in ((time, angle), tracked()))
    np.testing.assert_array_equal(found.run_starts, expected.run_starts)
    np.testing.assert_array_equal(found.angle.values, expected.angle.values)


def test_a_series_of_an_nwb_file_comes_with_the_chosen_part(write_nwb, tmp_path):
    path = write_nwb(tmp_path / "s.nwb")
    recording = load(path, units="location=ADn", epochs="wake", head_angle="head_direction")
    assert recording.n_neurons == 6
    assert recording.duration == pytest.approx(10.0)
    error = recording.angle.values - (1.4e9 + np.arange(len(recording.angle.values)) * 1e-3)
    assert np.abs(np.angle(np.exp(1j * error))).max() < 1e-5  # times of 1.4e9 s round
    late = load(path, head_angle="CompassDirection", start=1.4e9 + 4.0, stop=1.4e9 + 7.0)
    assert late.duration == pytest.approx(3.0)
    assert late.angle.duration == pytest.approx(3.0, abs=1e-3)


def test_tracking_that_goes_on_without_spikes_is_no_recorded_silence(write_csv, tmp_path):
    path = write_csv(tmp_path / "s.csv")
    time = np.arange(-50.0, 90.0, 0.025)
    recording = load(path, head_angle=(time, np.zeros(len(time))))
    assert recording.duration == pytest.approx(np.ptp(load(path).times))


def test_inspection_reads_with_the_angle(write_csv, tmp_path):
    path = write_csv(tmp_path / "s.csv")
    recording, _ = inspect(path, head_angle=as_csv(tmp_path / "head.csv"))
    assert recording.angle is not None


def test_a_recording_with_its_angle_comes_back_from_its_file(write_csv, tmp_path):
    recording = load(write_csv(tmp_path / "s.csv"), head_angle=tracked())
    recording.save(tmp_path / "s.npz")
    again = load(tmp_path / "s.npz")
    np.testing.assert_array_equal(again.run_starts, recording.run_starts)
    np.testing.assert_array_equal(again.angle.values, recording.angle.values)
    with pytest.raises(ArchiveError, match=r"s\.npz: is read with the angle"):
        load(tmp_path / "s.npz", head_angle=tracked())


@pytest.mark.parametrize(
    ("angle", "message"),
    [
        ("head_direction", "no time series 'head_direction'; only an .nwb file has some"),
        ("absent.csv", "absent.csv"),
        (3.0, "`head_angle` must be a name, a .csv, a Tsd, or times and values, got float"),
        ((np.arange(9.0), np.zeros(8)), r"one number a sample, got \(8,\) for times of \(9,\)"),
        ((np.arange(9.0), np.full(9, np.nan)), "was tracked in 0 samples; two are needed"),
        ((np.arange(9.0)[::-1], np.zeros(9)), "must have times that rise"),
        ((np.arange(9.0), np.linspace(0, 359, 9)), "got 0 to 359; turn degrees into radians"),
        ((100 + np.arange(9) / 20, np.zeros(9)), "not tracked in the chosen time, but from 100 to"),
        ((np.arange(9.0), np.zeros(9)), "samples of the angle must be at most 0.1 s apart"),
    ],
)
def test_an_angle_that_is_none_is_refused(angle, message, write_csv, tmp_path):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        load(write_csv(tmp_path / "s.csv"), head_angle=angle)
