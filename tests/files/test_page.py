"""The lines that the page on one's own recording shows do what it says of them."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import circuitlib as cl

PAGE = Path(__file__).resolve().parents[2] / "book" / "11-your-own-recording.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture
def laboratory(samples, write_csv, write_phy, write_nwb, tmp_path, monkeypatch):
    """Return the names that the page takes for granted, beside the files that it reads."""
    nap, neo = pytest.importorskip("pynapple"), pytest.importorskip("neo")
    monkeypatch.chdir(tmp_path)
    write_nwb(tmp_path / "session.nwb", begin=0.0)
    write_phy(tmp_path / "sorted", groups=["good", "mua", "noise", *["good"] * 5])
    write_csv(tmp_path / "spikes.csv")
    (tmp_path / "epochs.csv").write_text("start,stop\n0,8\n9,20\n")
    times = [own / 30_000 for own in samples]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group = nap.TsGroup(
            dict(enumerate(map(nap.Ts, times))),
            nap.IntervalSet(0, 20),
            metadata={"location": ["adn"] * 6 + ["ca1"] * 2},
        )
    trains = [neo.SpikeTrain(1e3 * own, 20e3, "ms") for own in times[:2]]
    return {
        "cl": cl,
        "times_a": times[0],
        "times_b": times[1],
        "counts": np.random.default_rng(0).poisson(0.3, (1000, 3)),
        "group": group,
        "wake": nap.IntervalSet(0, 10),
        "train_a": trains[0],
        "train_b": trains[1],
    }


def test_each_format_has_its_lines():
    shown = " ".join(BLOCKS)
    for what in (".nwb", "sorted/", ".csv", "times_a", "counts", "group", "train_a"):
        assert what in shown
    assert all(len(block.splitlines()) <= 10 for block in BLOCKS)


@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")  # a short recording
@pytest.mark.filterwarnings("ignore:all neurons are silent:UserWarning")  # two units of many
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0][:40])
def test_the_lines_run(block, laboratory):
    exec(block, laboratory)
    assert laboratory["recording"].n_neurons >= 2
    if "glm" in block:
        assert np.isfinite(laboratory["glm"].weights_).all()
