"""The command `inspect` tells what was read, what can be chosen, and what looks wrong."""

import json

import numpy as np
import pytest

from circuitlib.__main__ import main
from circuitlib.recordings.spikes import Spikes

RNG = np.random.default_rng(0)
TIMES = [np.sort(RNG.uniform(50, 110, n)) for n in (600, 900, 300, 600)]
OFFSETS = np.cumsum([0] + [len(own) for own in TIMES])


def save(**changes):
    arrays = {"spike_times": np.concatenate(TIMES), "spike_offsets": OFFSETS} | changes
    np.savez("s.npz", **arrays)


@pytest.fixture
def inspect(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*words, status=0):
        assert main(["inspect", *words]) == status
        return capsys.readouterr()

    return run


def line(text, name):
    return next(each for each in text.splitlines() if each.startswith(name))


def test_what_was_read_is_told(inspect):
    save(intervals=[[50.0, 80.0], [90.0, 110.0]])
    text = inspect("s.npz").out
    inside = sum(((own < 80) | (own >= 90)).sum() for own in TIMES)
    assert f"4 units, 50 s in 2 uninterrupted runs, {inside} spikes" in line(text, "read")
    assert "none silent" in line(text, "rates")
    assert "nothing stands out" in line(text, "look at")
    assert "below 1 ms" in line(text, "refractory")
    assert "glm-rectified" in text


def test_what_looks_wrong_is_told(inspect):
    paused = [np.where(own < 70, own, own + 9.0) for own in TIMES]
    paused[3] = paused[0]
    paused[2] = np.array([55.0])
    offsets = np.cumsum([0] + [len(own) for own in paused])
    save(spike_times=np.concatenate(paused), spike_offsets=offsets)
    text = inspect("s.npz").out
    assert "silent 1 times for more than 1 s" in text
    assert "units 0 and 3 have identical spikes" in text


def test_silent_units_are_told(inspect):
    save(spike_offsets=np.concatenate((OFFSETS, OFFSETS[-1:])))
    text = inspect("s.npz").out
    assert "1 silent" in line(text, "rates")
    assert "1 of 5 neurons never fire (4)" in text


def test_what_can_be_chosen_is_told_even_if_the_times_cannot_be_right(inspect):
    save(spike_times=1e3 * np.concatenate(TIMES))
    told = inspect("s.npz", status=2)
    assert "50" in line(told.out, "times")
    assert "in the file's unit" in line(told.out, "times")
    assert told.err.startswith("circuitlib: s.npz: `spike_times`")
    assert "--time-unit ms" in told.err
    assert "4 units, 59.962 s" in line(inspect("s.npz", "--time-unit", "ms").out, "read")


def test_columns_and_epochs_are_told(inspect, tmp_path):
    (tmp_path / "phy").mkdir()
    flat = np.round(np.concatenate(TIMES) * 3e4).astype(int)
    np.save("phy/spike_times.npy", flat)
    np.save("phy/spike_clusters.npy", np.repeat(np.arange(4), np.diff(OFFSETS)))
    (tmp_path / "phy/cluster_group.tsv").write_text("cluster_id\tgroup\n0\tgood\n1\tgood\n2\tmua")
    told = inspect("phy", "--sampling-rate", "30000", "--units", "group=good", "--start", "40")
    assert "(empty) 1, good 2, mua 1" in line(told.out, "  group")
    assert "2 units" in line(told.out, "read")


def test_counts_are_told(inspect):
    Spikes(RNG.poisson(0.1, (5000, 3)).astype(np.uint8), 1e-3).save("s.npz")
    text = inspect("s.npz").out
    assert "in 5000 bins of 1 ms" in line(text, "read")


def test_settings_of_the_command_line_reach_the_weights_file(inspect, capsys):
    from circuitlib.methods.weights_file import load_weights

    save()
    words = ["--bin-width", "0.005", "--tau=0.02", "--set", "l2=0.1", "--units", "0,2,3"]
    infer = ["infer", "s.npz", "--method", "glm-rectified", *words, "-o", "w.npz"]
    assert main([*infer, "--start", "55", "--stop", "100"]) == 0
    stored = load_weights("w.npz")
    assert stored.units == ("0", "2", "3")
    assert stored.bin_width == 0.005
    expected = {"tau": 0.02, "l2": 0.1, "units": ["0", "2", "3"], "start": 55.0, "stop": 100.0}
    assert expected.items() <= stored.settings.items()
    json.dumps(stored.settings)
    capsys.readouterr()
    assert main(["infer", "s.npz", "--method", "correlation", "--tau", "0.1", "-o", "w.npz"]) == 2
    assert "no setting 'tau'; --set takes bin_width" in capsys.readouterr().err
