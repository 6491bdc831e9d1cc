"""The same spikes give the same weights, whichever file or object they come from."""

import warnings

import numpy as np
import pytest

from circuitlib.__main__ import main
from circuitlib.files.load import load
from circuitlib.methods.catalogue import make
from circuitlib.methods.weights_file import load_weights

RATE, DURATION = 30_000.0, 20.0
METHODS = ("correlation", "glm-same-bin", "glm-rectified", "mpf")


@pytest.fixture
def sources(samples, write_csv, write_phy, write_nwb, tmp_path):
    """Return what to load, with the options that say what the source does not."""
    nap, neo = pytest.importorskip("pynapple"), pytest.importorskip("neo")
    times = [own / RATE for own in samples]
    np.savez(
        tmp_path / "s.npz",
        spike_times=np.concatenate(samples),
        spike_offsets=np.cumsum([0] + [len(own) for own in samples]),
        intervals=[[0, int(DURATION * RATE)]],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group = nap.TsGroup(dict(enumerate(map(nap.Ts, times))), nap.IntervalSet(0, DURATION))
    return {
        "csv": (write_csv(tmp_path / "s.csv"), {"start": 0.0, "stop": DURATION}),
        "csv in ms": (
            write_csv(tmp_path / "ms.csv", scale=1e3, delimiter="\t", order=("time", "x", "unit")),
            {"time_unit": "ms", "start": 0.0, "stop": DURATION},
        ),
        "phy": (write_phy(tmp_path / "phy"), {}),
        "nwb": (write_nwb(tmp_path / "s.nwb"), {}),
        "npz in samples": (tmp_path / "s.npz", {"sampling_rate": RATE}),
        "pynapple": (group, {}),
        "neo": (
            [neo.SpikeTrain(1e3 * own, 1e3 * DURATION, "ms") for own in times],
            {},
        ),
        "list": (times, {"epochs": nap.IntervalSet(0, DURATION)}),
        "dictionary": (
            {str(unit): own for unit, own in enumerate(times)},
            {"epochs": [[0.0, DURATION]]},
        ),
    }


@pytest.mark.parametrize("method", METHODS)
def test_weights_agree_to_the_last_digit(method, sources):
    found = {name: load(source, **options) for name, (source, options) in sources.items()}
    for name, recording in found.items():
        assert recording.duration == pytest.approx(DURATION, abs=1e-6), name
        assert recording.units == tuple("01234567"), name
    weights = {name: make(method).fit(recording).weights_ for name, recording in found.items()}
    for name in weights:
        np.testing.assert_array_equal(weights[name], weights["csv"], err_msg=name)


def test_the_command_line_infers_the_same_weights_from_each_file(sources, tmp_path, capsys):
    found = []
    for name in ("csv", "csv in ms", "phy", "nwb", "npz in samples"):
        source, options = sources[name]
        words = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        out = tmp_path / "w.npz"
        assert main(["infer", str(source), *words, "--method", "correlation", "-o", str(out)]) == 0
        found.append(load_weights(out))
    capsys.readouterr()
    for each in found:
        np.testing.assert_array_equal(each.weights, found[0].weights)
        assert each.units == tuple("01234567")
    assert len({each.settings["recording_sha256"] for each in found}) == len(found)
