"""Head-direction files are found, checked and read, or refused in one line that names them."""

import builtins
import hashlib
import warnings
from datetime import UTC, datetime

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.files.load import load
from circuitlib.head_direction.archives import KNOWN_SHA256
from circuitlib.head_direction.files import load_head_direction

DATA_NAME = "Mouse12-120806.npz"


def fields(n_bins: int = 500, n_neurons: int = 3) -> dict[str, np.ndarray]:
    """Make the content of a valid file, with one gap after bin 200."""
    rng = np.random.default_rng(0)
    time = 50.0 + 0.01 * np.arange(n_bins)
    time[200:] += 3.0
    return {
        "wake_counts": rng.poisson(0.2, (n_bins, n_neurons)).astype(np.uint8),
        "head_angle": rng.uniform(0, 2 * np.pi, n_bins),
        "position_time": time,
        "bin_width": np.array(0.01),
    }


def test_an_npz_file_comes_back_with_its_gap_and_hash(tmp_path):
    path, content = tmp_path / "mouse.npz", fields()
    np.savez(path, **content)
    recording = load_head_direction(path)
    np.testing.assert_array_equal(recording.spikes.counts, content["wake_counts"])
    np.testing.assert_array_equal(recording.angle, content["head_angle"])
    np.testing.assert_array_equal(recording.spikes.starts, [0, 200])
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not recording.is_stand_in


@pytest.mark.parametrize("kinds", [("REM", "slow-wave"), ("REM",), ()])
def test_sleep_comes_with_the_session_as_far_as_the_file_holds_it(kinds, tmp_path):
    rng = np.random.default_rng(1)
    counts = {kind: rng.poisson(0.1, (300, 3)).astype(np.uint8) for kind in kinds}
    asleep = {
        {"REM": "rem_counts", "slow-wave": "sws_counts"}[kind]: counts[kind] for kind in kinds
    }
    # A kind of sleep that never came is an empty array in some files.
    np.savez(tmp_path / "mouse.npz", **({"rem_counts": np.zeros((0, 3))} | fields() | asleep))
    recording = load_head_direction(tmp_path / "mouse.npz")
    assert tuple(recording.sleep) == kinds
    for kind in kinds:
        np.testing.assert_array_equal(recording.sleep[kind].counts, counts[kind])
        two = recording.select([2, 0])
        np.testing.assert_array_equal(two.sleep[kind].counts, counts[kind][:, [2, 0]])
    assert not recording.split(0.5)[0].sleep


def test_any_method_reads_the_same_file_with_its_angle(tmp_path):
    np.savez(
        tmp_path / "mouse.npz", **fields(), spike_times=np.zeros(3), spike_offsets=np.arange(4)
    )
    recording, read = load_head_direction(tmp_path / "mouse.npz"), load(tmp_path / "mouse.npz")
    np.testing.assert_array_equal(read.counts, recording.spikes.counts)
    np.testing.assert_array_equal(read.starts, recording.spikes.starts)
    np.testing.assert_array_equal(read.angle, recording.angle)
    np.testing.assert_array_equal(read.angle, recording.spikes.angle)


BAD_FIELDS = {
    "missing field": ({"head_angle": None}, "holds no `head_angle`"),
    "wrong shape": ({"position_time": np.arange(3.0)}, r"`position_time` must have shape \(500,"),
    "degrees": ({"head_angle": np.linspace(0, 359, 500)}, r"radians in \[0, 2 pi\)"),
    "NaN angle": ({"head_angle": np.full(500, np.nan)}, "`angle` holds NaN"),
    "other cells asleep": (
        {"rem_counts": np.zeros((9, 2))},
        "REM sleep holds 2 cells, wake.* holds 3",
    ),
    "negative count": ({"wake_counts": np.full((500, 3), -1)}, "must not be negative"),
    "zero bin": ({"bin_width": np.array(0.0)}, "`bin_width` in seconds must be positive"),
    "time runs back": (
        {"position_time": 0.01 * np.r_[0:300, 100:300]},
        "`position_time` must rise",
    ),
    "time in ms": ({"position_time": 10 * np.arange(500.0)}, r"steps of 10 .* must be in seconds"),
    "pickle": ({"head_angle": np.array([{}] * 500)}, "pickled objects"),
}


@pytest.mark.parametrize("case", BAD_FIELDS)
def test_a_bad_npz_file_gives_one_line_that_names_file_and_field(case, tmp_path):
    change, message = BAD_FIELDS[case]
    content = {k: v for k, v in (fields() | change).items() if v is not None}
    np.savez(tmp_path / "bad.npz", **content)
    with pytest.raises(ArchiveError, match=message) as caught:
        load_head_direction(tmp_path / "bad.npz")
    assert "bad.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_recordings_are_refused(tmp_path):
    with pytest.raises(ArchiveError, match="no such file"):
        load_head_direction(tmp_path / "absent.npz")
    with pytest.raises(ArchiveError, match=r"ends in \.npz or \.nwb"):
        load_head_direction(tmp_path / "mouse.mat")
    (tmp_path / "text.nwb").write_text("not HDF5")
    pytest.importorskip("pynwb")
    with pytest.raises(ArchiveError, match="not a readable NWB file"):
        load_head_direction(tmp_path / "text.nwb")


def test_a_known_name_with_other_content_is_refused(tmp_path):
    np.savez(tmp_path / DATA_NAME, **fields())
    with pytest.raises(ArchiveError, match="not the published file"):
        load_head_direction(tmp_path / DATA_NAME)


def test_the_data_folder_is_searched_and_without_it_the_stand_in_is_announced(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("CIRCUITLIB_DATA", str(tmp_path))
    with pytest.warns(UserWarning, match="SIMULATED STAND-IN"):
        assert load_head_direction().is_stand_in
    monkeypatch.delenv("CIRCUITLIB_DATA")
    with pytest.warns(UserWarning, match="SIMULATED STAND-IN"):
        assert load_head_direction().is_stand_in
    (tmp_path / "head_direction").mkdir()
    np.savez(tmp_path / "head_direction" / "mouse.npz", **fields())
    monkeypatch.setenv("CIRCUITLIB_DATA", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_head_direction().source == "mouse.npz"


def write_nwb(
    path,
    *,
    location="adn",
    tag="wake",
    asleep="sleep",
    name="ry",
    by_group=True,
    data=np.array,
    twice=False,
    **kind,
):
    """Write a session laid out like the public one: sleep to 5 s, wake from 5 to 25 s."""
    pynwb = pytest.importorskip("pynwb")
    nwb = pynwb.NWBFile(
        session_description="test",
        identifier="id",
        session_start_time=datetime(2014, 8, 22, tzinfo=UTC),
    )
    device = nwb.create_device(name="probe")
    rng = np.random.default_rng(0)
    trains = [np.sort(rng.uniform(0, 30, 600)) for _ in range(3)]
    if not by_group:
        nwb.add_unit_column(name="location", description="brain area")
    for k, area in enumerate((location, "thalamus", location)):
        if by_group:
            group = nwb.create_electrode_group(
                name=f"shank{k}", description="shank", location=area, device=device
            )
            nwb.add_unit(spike_times=trains[k], electrode_group=group)
        else:
            nwb.add_unit(spike_times=trains[k], location=area)
    nwb.add_epoch(start_time=0.0, stop_time=5.0, tags=[asleep])
    nwb.add_epoch(start_time=5.0, stop_time=25.0, tags=[tag])
    nwb.add_epoch(start_time=25.0, stop_time=30.0, tags=["sleep"])
    time = np.arange(4.0, 26.0, 0.0256)
    time = time[(time < 12.0) | (time > 14.0)]  # the tracking is lost for two seconds
    angle = np.mod(2.0 * time, 2 * np.pi)
    behaviour = nwb.create_processing_module(name="behavior", description="tracking")
    containers = ("CompassDirection", "Position") if twice else ("CompassDirection",)
    for container in containers:
        series = pynwb.behavior.SpatialSeries(
            name=name,
            data=data(angle),
            reference_frame="arena",
            **({"timestamps": data(time) if kind.pop("shuffled", False) else time} | kind),
        )
        made = getattr(pynwb.behavior, container)(spatial_series=series)
        behaviour.add(made)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pynwb.NWBHDF5IO(path, "w") as io:
            io.write(nwb)
    return trains, time


@pytest.mark.parametrize("by_group", [True, False])
def test_an_nwb_file_gives_wake_tracked_bins_of_the_adn_units(by_group, tmp_path):
    path = tmp_path / "session.nwb"
    trains, time = write_nwb(path, by_group=by_group)
    recording = load_head_direction(path)
    spikes = recording.spikes
    awake = time[(time >= 5) & (time < 25)]
    runs = awake[awake < 13], awake[awake > 13]
    assert spikes.n_neurons == 2  # the unit of another nucleus is left out
    assert len(spikes.starts) == 2
    edges = [np.arange(run[0], run[-1], 0.01) for run in runs]
    for neuron, train in enumerate((trains[0], trains[2])):
        expected = np.concatenate([np.histogram(train, edge)[0] for edge in edges])
        np.testing.assert_array_equal(spikes.counts[:, neuron], expected)
    centres = np.concatenate([(edge[:-1] + edge[1:]) / 2 for edge in edges])
    error = np.angle(np.exp(1j * (recording.angle - 2.0 * centres)))
    assert np.abs(error).max() < 1e-3
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("tag", "kind", "begin", "end"),
    [("sleep", "sleep", (0.0, 25.0), (5.0, 30.0)), ("REM", "REM", (0.0,), (5.0,))],
)
def test_sleep_of_an_nwb_file_is_that_of_its_epochs(tag, kind, begin, end, tmp_path):
    trains, _ = write_nwb(tmp_path / "session.nwb", asleep=tag)
    sleep = load_head_direction(tmp_path / "session.nwb").sleep
    assert tuple(sleep) == (kind,)
    expected = [
        sum(int(((train >= a) & (train < b)).sum()) for a, b in zip(begin, end, strict=True))
        for train in (trains[0], trains[2])
    ]
    np.testing.assert_array_equal(sleep[kind].counts.sum(axis=0), expected)
    assert sleep[kind].duration == pytest.approx(5.0 * len(begin))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"location": "CA1"}, "no unit has location=ADn; column 'location' holds CA1, thalamus"),
        ({"tag": "rest"}, "no epochs 'wake'; choose one of: epochs, epochs:sleep, epochs:rest"),
        ({"data": np.rad2deg}, "'ry', whose unit is 'meters', must be radians from 0 to 2 pi"),
        ({"twice": True}, "several time series 'ry'; choose one of: behavior/"),
    ],
)
def test_an_nwb_file_without_what_is_needed_says_so(change, message, tmp_path):
    write_nwb(tmp_path / "session.nwb", **change)
    with pytest.raises(ArchiveError, match=message):
        load_head_direction(tmp_path / "session.nwb")


@pytest.mark.parametrize(
    ("layout", "asked"),
    [
        ({"data": np.rad2deg, "unit": "degrees"}, {}),
        ({"data": lambda angle: (angle - 1.0) * 1e3, "conversion": 1e-3, "offset": 1.0}, {}),
        ({"name": "heading"}, {}),
        ({"name": "heading"}, {"angle": "heading"}),
        ({"twice": True}, {"angle": "CompassDirection/ry"}),
        ({"data": lambda x: np.roll(x, 100), "shuffled": True}, {}),
        ({"tag": "run"}, {"epochs": "run"}),
        ({"tag": "run"}, {"epochs": "epochs:RUN"}),
        ({}, {"units": ["0", "2"]}),
        ({}, {"epochs": [[5.0, 25.0]]}),
    ],
)
def test_an_nwb_file_is_read_right_in_any_layout(layout, asked, tmp_path):
    write_nwb(tmp_path / "plain.nwb")
    write_nwb(tmp_path / "other.nwb", **layout)
    plain, other = (
        load_head_direction(tmp_path / name, **options)
        for name, options in (("plain.nwb", {}), ("other.nwb", asked))
    )
    np.testing.assert_allclose(other.angle, plain.angle, atol=1e-9)
    np.testing.assert_array_equal(other.spikes.counts, plain.spikes.counts)
    assert other.spikes.units == ("0", "2")


def test_files_that_a_system_hides_are_not_recordings(tmp_path, monkeypatch):
    (tmp_path / "head_direction").mkdir()
    (tmp_path / "head_direction" / "._mouse.npz").write_bytes(b"finder")
    monkeypatch.setenv("CIRCUITLIB_DATA", str(tmp_path))
    with pytest.warns(UserWarning, match="SIMULATED STAND-IN"):
        load_head_direction()


def test_without_pynwb_the_message_names_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "pynwb":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    (tmp_path / "session.nwb").write_bytes(b"")
    with pytest.raises(ImportError, match=r"pip install .circuitlib\[data\]"):
        load_head_direction(tmp_path / "session.nwb")


class TestTheRealSession:
    pytestmark = pytest.mark.data

    def test_it_is_the_known_file_and_its_runs_are_the_tracked_ones(self, mouse, mouse_file):
        assert mouse.sha256 == KNOWN_SHA256[DATA_NAME]
        assert mouse.spikes.counts.shape == (212_078, 19)
        with np.load(mouse_file) as archive:
            begin, time = archive["tracked_start"], archive["position_time"]
        np.testing.assert_allclose(time[mouse.spikes.starts], begin + 0.005, atol=1e-6)
