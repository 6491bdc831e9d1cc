"""A report is written whole or not at all, and says what it could not find out."""

import time
import warnings

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.methods.catalogue import make
from circuitlib.recordings.spikes import Spikes
from circuitlib.report.report import check_report, heard, told, write_report

RNG = np.random.default_rng(0)
#: Few spikes are told by warnings, which the page keeps.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def cells():
    rng = np.random.default_rng(0)
    return Spikes(rng.poisson(0.3, size=(6000, 4)), 1e-3, units=["a", "b", "<c>", "d"])


@pytest.fixture
def folder(tmp_path, monkeypatch, cells):
    monkeypatch.chdir(tmp_path)
    cells.save("s.npz")
    return tmp_path


@pytest.mark.slow
def test_a_page_from_a_file_and_what_it_rests_on(folder, cells):
    report = write_report("s.npz", "out.html")
    text = (folder / "out.html").read_text(encoding="utf-8")
    assert text == report.html
    assert report.findings.claims is not None
    assert set(report.findings.controls) == {"shifted", "jittered"}
    assert [len(draws) for draws in report.findings.controls.values()] == [3, 3]
    assert report.findings.origin.sha256 in text
    assert "Connections in s.npz" in text
    names = [model.name for model in report.findings.comparison.models]
    assert names[0] == "single-index model"
    assert names[-1] == "mean rates"
    assert {"learned ring", "rectified GLM", "own history alone"} < set(names)
    assert report.verdict in repr(report)
    frame = report._repr_html_()
    assert frame.startswith("<iframe srcdoc=")
    assert frame.count("<") == 2
    # Another call replaces it, with the same numbers.
    again = write_report(cells, "out.html")
    np.testing.assert_array_equal(again.findings.claims.z, report.findings.claims.z)


def test_a_known_angle_is_told_unless_somebody_says_otherwise(folder):
    cells = simulate_stand_in(0, duration=60.0, n_neurons=3)
    report = write_report(cells, "out.html")
    assert report.findings.inferred.settings["angle"] == "tuning"
    assert set(report.findings.controls) == {"uncoupled", "jittered"}
    assert "tuning curves alone" in [each.name for each in report.findings.comparison.models]
    assert set(report.findings.profiles) == {"recording", "uncoupled control"}
    method = make("single-index")
    assert told(method, cells.spikes, {"angle": None}).angle is None
    assert told(make("correlation"), cells.spikes, {}) is not None
    assert told(make("glm-log"), cells.spikes, {}).angle == "tuning"
    assert told(make("glm-log-symmetric"), cells.spikes, {}).angle is None


def test_a_method_without_errors_says_which_have_them(folder):
    report = write_report("s.npz", "out.html", "correlation")
    assert report.findings.claims is None
    assert report.connections == []
    assert "Choose single-index" in report.html
    assert "predicts no spikes" in report.html


def test_arguments_in_memory_are_named_on_the_page(folder):
    rng = np.random.default_rng(0)
    rows = [f"{unit},{time:.6f}" for unit in range(4) for time in rng.uniform(0, 30, 300)]
    (folder / "s.csv").write_text("\n".join(["unit,time", *rows]))
    times = np.arange(0.0, 30.0, 0.02)
    report = write_report(
        "s.csv", "x.html", epochs=np.array([[1.0, 29.0]]), head_angle=(times, np.mod(times, 6.0))
    )
    assert report.findings.origin.reading == {
        "epochs": "ndarray in memory",
        "head_angle": "tuple in memory",
    }
    assert report.findings.inferred.settings["angle"] == "tuning"
    assert "ndarray in memory" in report.html


def test_silent_neurons_are_left_out_and_named(folder):
    counts = RNG.poisson(0.3, size=(6000, 4)).astype(np.uint8)
    counts[:, 1] = 0
    silent = Spikes(counts, 1e-3, units=["a", "mute", "c", "d"])
    with pytest.raises(ValueError, match="drop-silent"):
        write_report(silent, "out.html")
    assert not (folder / "out.html").exists()
    report = write_report(silent, "out.html", drop_silent=True)
    assert "1 silent unit left out: mute." in report.html
    assert report.findings.recording.units == ("a", "c", "d")
    assert np.isnan(report.findings.inferred.weights[1]).all()


def test_what_cannot_be_found_out_is_a_sentence(folder):
    counts = RNG.poisson(0.3, size=(6000, 3)).astype(np.uint8)
    counts[5400:] = 0  # nothing is left to be predicted
    report = write_report(Spikes(counts, 1e-3), "out.html")
    assert report.findings.comparison is None
    assert report.findings.ring is None
    assert report.html.count("too little to be predicted") >= 2
    assert report.findings.claims is not None


def test_no_control_no_claim(folder, monkeypatch):
    def short(*_):
        raise ValueError("the recording is too short")

    monkeypatch.setattr("circuitlib.report.controls.draw", short)
    report = write_report("s.npz", "out.html")
    assert report.findings.claims is None
    assert "No control could be fitted (the recording is too short)" in report.html


@pytest.mark.parametrize("units", [1, 3])
def test_too_little_is_refused_as_elsewhere(units, folder):
    few = Spikes(np.eye(30, units, dtype=np.uint8), 1e-3)
    with pytest.raises(ValueError, match=r"one neuron|too short|spike"):
        write_report(few, "out.html")
    assert not (folder / "out.html").exists()


def test_a_page_that_cannot_be_written_costs_no_fit(folder, monkeypatch):
    monkeypatch.setattr("circuitlib.report.report.inferred", None)  # any fit would fail
    (folder / "notes.html").write_text("<p>mine</p>")
    (folder / "a.html").mkdir()
    for path, message in (
        ("no/out.html", "no such folder"),
        ("a.html", "is a folder"),
        ("notes.html", "another kind of file"),
        ("s.npz", "is read by this command"),
    ):
        with pytest.raises(ArchiveError, match=message) as refused:
            write_report("s.npz", path)
        assert "--output" not in str(refused.value)
    assert (folder / "notes.html").read_text() == "<p>mine</p>"


def test_a_page_is_not_half_written(folder, monkeypatch):
    report = write_report("s.npz", "out.html")

    def interrupted(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        report.write("out.html")
    with pytest.raises(KeyboardInterrupt):
        report.write("new.html")
    assert sorted(path.name for path in folder.iterdir()) == ["out.html", "s.npz"]
    assert (folder / "out.html").read_text(encoding="utf-8") == report.html
    check_report("out.html", "s.npz")


def test_notes_are_kept_once_and_pointed_out():
    notes = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            with heard(notes):
                warnings.warn("look\nat this", stacklevel=1)
                warnings.warn("look\nat this", stacklevel=1)
    assert notes == ["look at this"]
    assert [str(each.message) for each in caught] == ["look at this"]


def test_the_page_says_how_long_it_took(folder):
    began = time.perf_counter()
    report = write_report("s.npz", "out.html", "glm-log")
    assert 0 < report.findings.seconds <= time.perf_counter() - began
