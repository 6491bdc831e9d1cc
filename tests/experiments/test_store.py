"""Stored runs are found, shared, summarized over seeds, and refused when changed."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.experiments.run import reproduce
from circuitlib.experiments.store import (
    QUANTITIES,
    StoredRun,
    load_runs,
    read_run,
    results_folder,
    summarize,
)

#: The recordings are short, and the methods say so.
pytestmark = pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")

ROOT = Path(__file__).resolve().parents[2]
SHORT = 20.0


def glm(folder, experiment="table1", **changes):
    settings = {"seeds": 1, "methods": ("glm-same-bin",), "duration": SHORT}
    return reproduce(experiment, folder, **(settings | changes))


def test_changed_weights_are_refused_by_name(tmp_path):
    glm(tmp_path)
    file = next((tmp_path / "table1").glob("*lnp*.npz"))
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(ArchiveError, match=re.escape(str(file)) + ".*was changed"):
        glm(tmp_path)
    file.unlink()
    with pytest.raises(ArchiveError, match=re.escape(str(file)) + ".*no such file"):
        glm(tmp_path)


def test_experiments_share_the_runs_of_table1(tmp_path):
    glm(tmp_path)
    glm(tmp_path, "sweep", duration=2.0, methods=("precision",))
    assert len(load_runs("fig2", tmp_path)) == len(load_runs("prediction", tmp_path)) == 2
    assert [run.condition for run in load_runs("data", tmp_path)] == ["threshold-20s"]
    conditions = {run.condition for run in load_runs("sweep", tmp_path)}
    assert len(conditions) == 22
    assert {"threshold-r0.0005", "lnp-r0.025"} <= conditions
    assert not list((tmp_path / "sweep").glob("*.npz"))


def stored(seed, delta, bits=None):
    """Return a run as if it had been read."""
    network = {"kind": "ring"}
    settings = {"method": "glm", "preset": "", "spiking": "lnp", "network": network}
    values = dict.fromkeys(QUANTITIES) | {"delta": delta, "bits_per_spike": bits}
    origin = {"versions": {}, "commit": None, "hardware": {}, "seconds": 1.0, "resumed": False}
    return StoredRun(Path("x"), "table1", settings, values, None, None, None, None, **origin)


def test_a_summary_has_mean_and_deviation_over_seeds():
    [row] = summarize([stored(0, 0.1, 1.0), stored(1, 0.3), stored(2, 0.5)])
    assert (row.experiment, row.condition, row.method, row.n_runs) == ("table1", "lnp", "glm", 3)
    assert row.mean["delta"] == pytest.approx(0.3)
    assert row.deviation["delta"] == pytest.approx(0.2)
    assert "bits_per_spike" not in row.mean, "not known of every run"
    [alone] = summarize([stored(0, 0.1)])
    assert np.isnan(alone.deviation["delta"])


def test_stored_runs_are_found_in_the_checkout_or_where_named(monkeypatch, tmp_path):
    monkeypatch.delenv("CIRCUITLIB_RESULTS", raising=False)
    assert results_folder() == ROOT / "book" / "results" / "runs"
    monkeypatch.setenv("CIRCUITLIB_RESULTS", str(tmp_path))
    assert results_folder() == tmp_path


DAMAGE = {
    "nested too deep": (lambda run: {"deep": json.loads("[" * 50 + "]" * 50)}, "levels deep"),
    "no time": (lambda run: {"seconds": None}, "`seconds`"),
    "no settings": (lambda run: {"settings": []}, "damaged"),
    "no method": (lambda run: {"settings": run["settings"] | {"method": 3}}, "`method`"),
    "no duration": (lambda run: {"settings": run["settings"] | {"duration": -1}}, "`duration`"),
    "no bins": (lambda run: {"settings": run["settings"] | {"estimator": {}}}, "bin_width"),
    "other network": (
        lambda run: {"settings": run["settings"] | {"network": {"kind": "torus"}}},
        "no network of kind",
    ),
    "a billion neurons": (
        lambda run: {
            "settings": run["settings"]
            | {"network": run["settings"]["network"] | {"n_neurons": 10**9}}
        },
        "`profile` does not fit",
    ),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_run_whose_content_was_changed_is_refused(damage, message, tmp_path):
    stored = next((ROOT / "book" / "results" / "runs" / "table1").glob("glm-lnp-*.json"))
    assert read_run(stored, "table1").method == "glm"
    run = json.loads(stored.read_text())
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run | damage(run)))
    with pytest.raises(ArchiveError, match=message) as caught:
        read_run(path, "table1")
    assert "\n" not in str(caught.value)
