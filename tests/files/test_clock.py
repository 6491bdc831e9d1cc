"""Times are read in the unit and the intervals of their file, and what looks wrong is said."""

import warnings

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.files.load import load
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

SIMULATION = simulate(RingNetwork(n_neurons=40), duration=20.0, seed=0)
TIMES, OFFSETS = SIMULATION.times, SIMULATION.offsets
COUNTS = SIMULATION.binned(10e-3).counts
WEIGHTS = SameBinGLM().fit(SIMULATION).weights_


@pytest.fixture
def read(tmp_path):
    """Write arrays to a file and read the recording in it, without a warning."""

    def read_back(clock=None, **arrays):
        np.savez(tmp_path / "x.npz", **arrays)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return load(tmp_path / "x.npz", **(clock or {}))

    return read_back


def weights(recording):
    return SameBinGLM().fit(recording).weights_


@pytest.mark.parametrize("begin", [0.0, 6.0, 5565.0, 1.6e9], ids=str)
def test_the_start_of_the_clock_does_not_matter(begin, read):
    stated = {"start": begin, "duration": 20.0}
    recording = read(spike_times=TIMES + begin, spike_offsets=OFFSETS, **stated)
    np.testing.assert_array_equal(weights(recording), WEIGHTS)
    recorded = read(spike_times=TIMES + begin, spike_offsets=OFFSETS)
    assert recorded.duration == pytest.approx(TIMES.max() - TIMES.min(), abs=1e-6)
    assert recorded.duration == pytest.approx(20.0, abs=0.1), "what was before counts as silence"


def test_a_pause_is_taken_out_by_intervals(read):
    paused = np.where(TIMES < 12.0, TIMES, TIMES + 3.0)
    spans = np.array([[0.0, 12.0], [15.0, 23.0]])
    recording = read(spike_times=paused, spike_offsets=OFFSETS, intervals=spans)
    np.testing.assert_allclose(recording.run_starts, [0.0, 12.0])
    assert recording.duration == pytest.approx(20.0)
    np.testing.assert_array_equal(weights(recording), WEIGHTS)
    test = recording.split(0.9)[1]  # of recorded time
    assert test.duration == pytest.approx(2.0)
    assert test.n_spikes == (TIMES >= 18.0).sum()


def test_a_pause_of_all_neurons_is_pointed_out(read):
    paused = np.where(TIMES < 12.0, TIMES, TIMES + 3.0)
    with pytest.raises(UserWarning, match=r"silent 1 times .* first after 1[12]"):
        read(spike_times=paused, spike_offsets=OFFSETS)


def test_spikes_outside_the_intervals_are_left_out(read):
    recording = read(spike_times=TIMES, spike_offsets=OFFSETS, intervals=[[2.0, 5.0]])
    inside = (TIMES >= 2.0) & (TIMES < 5.0)
    assert recording.n_spikes == inside.sum()
    np.testing.assert_allclose(np.sort(recording.times), np.sort(TIMES[inside] - 2.0))


@pytest.mark.parametrize(
    ("times", "clock"),
    [
        (1e3 * TIMES, {"time_unit": "ms"}),
        (1e6 * TIMES, {"time_unit": "us"}),
        (np.round(3e4 * TIMES).astype(np.int64), {"sampling_rate": 3e4}),
    ],
    ids=["ms", "us", "samples"],
)
def test_times_in_another_unit_are_refused_until_the_unit_is_said(times, clock, read):
    with pytest.raises(ArchiveError, match=r"`spike_times` .*--time-unit ms"):
        read(spike_times=times, spike_offsets=OFFSETS)
    recording = read(clock, spike_times=times, spike_offsets=OFFSETS)
    expected = read(spike_times=TIMES, spike_offsets=OFFSETS)
    np.testing.assert_allclose(recording.times, expected.times, atol=1 / 3e4)
    assert recording.duration == pytest.approx(expected.duration, abs=1e-4)


def test_a_slow_population_is_read_once_the_unit_is_said(read):
    few = {"spike_times": np.array([0.5, 80.5, 99.7]), "spike_offsets": np.array([0, 1, 3])}
    with pytest.raises(ArchiveError, match=r"0\.01\d* Hz; give --time-unit"):
        read(**few, duration=100.0)
    assert read({"time_unit": "s"}, **few, duration=100.0).n_spikes == 3


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"counts": COUNTS[:30].T.copy(), "dt": 10.0}, r"`dt` .* Hz"),
        ({"counts": COUNTS[:30], "dt": 10e-3}, r"30 bins for 40 neurons.*transpose"),
        ({"counts": COUNTS, "dt": 10.0}, r"`dt` is read as seconds"),
        ({"counts": COUNTS, "dt": np.array([10e-3, 1.0])}, "`dt` must be one finite number"),
        ({"counts": COUNTS, "dt": "10 ms"}, "`dt` must be numbers"),
        (
            {"spike_times": TIMES, "spike_offsets": OFFSETS, "duration": 19.0},
            "must lie between `start`",
        ),
        (
            {"spike_times": TIMES, "spike_offsets": OFFSETS, "intervals": [[0, 5], [4, 9]]},
            "must not overlap",
        ),
        ({"spike_times": TIMES, "spike_offsets": OFFSETS, "intervals": [1, 2]}, "must have shape"),
    ],
)
def test_what_cannot_be_right_is_refused_by_the_name_in_the_file(arrays, message, read):
    with pytest.raises(ArchiveError, match=message) as caught:
        read(**arrays)
    assert "\n" not in str(caught.value)


def test_arrays_of_one_element_are_numbers(read):
    recording = read(counts=COUNTS, dt=np.array([10e-3]))
    assert recording.dt == 10e-3


def test_a_part_of_the_recording_can_be_read(read):
    part = {"start": 5.0, "stop": 15.0}
    trains = read(part, spike_times=TIMES, spike_offsets=OFFSETS, duration=20.0)
    counts = read(part, counts=COUNTS, dt=10e-3)
    np.testing.assert_array_equal(trains.binned(10e-3).counts, counts.counts)
    np.testing.assert_array_equal(counts.counts, COUNTS[500:1500])
    with pytest.raises(ArchiveError, match="nothing was recorded between"):
        read({"start": 30.0}, spike_times=TIMES, spike_offsets=OFFSETS, duration=20.0)


@pytest.mark.parametrize(
    ("clock", "message"),
    [
        ({"time_unit": "ms", "sampling_rate": 1e3}, "not both"),
        ({"sampling_rate": -1.0}, "must be positive"),
        ({"start": 2.0, "stop": 1.0}, "must lie before"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(clock, message, read):
    with pytest.raises(ValueError, match=message):
        read(clock, spike_times=TIMES, spike_offsets=OFFSETS)


def test_rounded_times_stay_in_their_bins(read):
    grid = np.round(TIMES, 3)
    expected = read(spike_times=grid, spike_offsets=OFFSETS, duration=20.001).binned(1e-3).counts
    for rounded in (grid.astype(np.float32), np.maximum(grid + 1.6e9 - 1.6e9, 0)):
        found = read(spike_times=rounded, spike_offsets=OFFSETS, duration=20.001).binned(1e-3)
        np.testing.assert_array_equal(found.counts, expected)


def test_a_recording_with_gaps_survives_its_file(tmp_path):
    spans = np.array([[1.0, 5.0], [7.0, 12.5]])
    recording = SpikeTrains.within(TIMES.astype(np.float32), OFFSETS, spans)
    recording.save(tmp_path / "x.npz")
    back = load(tmp_path / "x.npz")
    for name, value in recording.arrays().items():
        np.testing.assert_array_equal(back.arrays()[name], value)
    assert len(back.run_starts) == 2


def test_the_unit_of_a_file_of_this_library_is_known(tmp_path):
    SIMULATION.save(tmp_path / "x.npz")
    assert load(tmp_path / "x.npz", time_unit="s").n_spikes == SIMULATION.n_spikes
    with pytest.raises(ArchiveError, match="in seconds; leave out the unit"):
        load(tmp_path / "x.npz", time_unit="ms")
    part = load(tmp_path / "x.npz", start=5.0, stop=8.0)
    assert part.n_spikes == ((TIMES >= 5.0) & (TIMES < 8.0)).sum()
    assert part.network == SIMULATION.network
