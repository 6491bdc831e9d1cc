"""Folders of Kilosort and Phy: the good units, on the clock of the raw data."""

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.files.load import load

GROUPS = ["good", "mua", "good", "noise", "good", "", "good", "good"]


@pytest.mark.parametrize("column", ["group", "KSLabel"])
def test_the_good_units_are_meant_unless_others_are_asked_for(column, write_phy, tmp_path):
    path = write_phy(tmp_path / "phy", groups=GROUPS, column=column)
    with pytest.warns(UserWarning, match=f"read the 5 units of {column}=good of 8"):
        assert load(path).units == tuple("02467")
    assert load(path, units=f"{column}=good,mua").units == tuple("012467")
    assert load(path, units=["1"]).units == ("1",)


def test_without_labels_all_units_are_meant(write_phy, tmp_path):
    assert load(write_phy(tmp_path / "phy")).units == tuple("01234567")


def test_a_recording_lasts_as_long_as_its_raw_data(write_phy, samples, tmp_path):
    assert load(write_phy(tmp_path / "raw")).duration == 20.0
    without = write_phy(tmp_path / "no raw", raw=False)
    assert load(without).duration == max(map(max, samples)) / 30_000
    with pytest.warns(UserWarning, match="silent 1 times for more than 1 s, first after 19.99"):
        assert load(without, stop=25.0).duration == 25.0


def test_a_sampling_rate_that_is_not_known_is_asked_for(write_phy, tmp_path):
    path = write_phy(tmp_path / "phy", params="")
    with pytest.raises(ArchiveError, match="give --sampling-rate"):
        load(path)
    assert load(path, sampling_rate=30_000.0).duration == 20.0


def test_the_parameters_are_read_and_never_run(write_phy, tmp_path):
    text = f"sample_rate = 30000\nopen({str(tmp_path / 'ran')!r}, 'w')"
    load(write_phy(tmp_path / "phy", params=text))
    assert not (tmp_path / "ran").exists()


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def pickled(path):
    np.save(path, np.array([{}]))


BAD = {
    "no times": (lambda folder: (folder / "spike_times.npy").unlink(), "no such file"),
    "cut": (lambda folder: cut(folder / "spike_times.npy"), r"spike_times\.npy: damaged"),
    "pickle": (lambda folder: pickled(folder / "spike_clusters.npy"), "damaged"),
    "other length": (
        lambda folder: np.save(folder / "spike_clusters.npy", np.zeros(3, dtype=int)),
        "spike times but 3 spike clusters",
    ),
    "words": (
        lambda folder: np.save(folder / "spike_times.npy", np.array(["a"])),
        "must be a list of numbers",
    ),
    "empty": (
        lambda folder: [
            np.save(folder / f"spike_{name}.npy", np.zeros(0)) for name in ("times", "clusters")
        ],
        "holds no spikes",
    ),
    "rate": (
        lambda folder: (folder / "params.py").write_text("sample_rate = 'fast'"),
        "`sample_rate` in hertz must be positive, got 'fast'",
    ),
    "syntax": (lambda folder: (folder / "params.py").write_text("rate ="), "cannot be read"),
    "binary table": (
        lambda folder: (folder / "cluster_group.tsv").write_bytes(b"\xff\xfe\x00"),
        r"cluster_group\.tsv: damaged",
    ),
}


@pytest.mark.parametrize(("damage", "message"), BAD.values(), ids=BAD.keys())
def test_damaged_folders_are_refused_in_one_line(damage, message, write_phy, tmp_path):
    path = write_phy(tmp_path / "phy")
    damage(path)
    with pytest.raises(ArchiveError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)
