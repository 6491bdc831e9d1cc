"""The ledger holds its verdicts to the values, and a broken library makes it fail."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("jupytext")

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_tools"))
chapters, check_book, claims, ledger = (
    importlib.import_module(name) for name in ("chapters", "check_book", "claims", "ledger")
)


def row(**changes):
    claim = claims.Claim(
        id="a",
        source="Table 1",
        claim="Delta",
        paper=(0.061,),
        keys=("05-gnn-delta",),
        format=".3f",
        tolerance=0.02,
        reason="spread",
        expect=(),
        tier="build",
        verdict="reproduced",
        why="",
    )
    return replace(claim, **changes)


def test_a_wrong_value_fails_the_claims_check():
    assert claims.verdict_faults([row()], {"05-gnn-delta": 0.07}) == []
    [fault] = claims.verdict_faults([row()], {"05-gnn-delta": 0.108})
    assert "verdict is 'reproduced', but 05-gnn-delta = 0.108" in fault


def test_a_wrong_scale_of_the_weights_fails_the_claims_check(monkeypatch):
    ring, metrics = (
        importlib.import_module(f"circuitlib.{name}") for name in ("simulation.networks", "metrics")
    )
    truth = ring.RingNetwork().weights
    claim = row(paper=(0.0,), tolerance=1e-6)
    right = {"05-gnn-delta": metrics.inference_error(truth, 2 * truth)}
    assert claims.verdict_faults([claim], right) == []
    monkeypatch.setattr(metrics, "_least_squares", lambda truth, weights: 1.0)
    wrong = {"05-gnn-delta": metrics.inference_error(truth, 2 * truth)}
    assert claims.verdict_faults([claim], wrong)


@pytest.mark.parametrize(
    ("verdict", "value", "fits"),
    [
        ("not reproduced", 0.108, True),
        ("not reproduced", 0.061, False),
        ("partly", 0.061, False),
        ("open", 9.0, True),
    ],
)
def test_verdicts_are_held_to_the_values(verdict, value, fits):
    faults = claims.verdict_faults([row(verdict=verdict, why="w")], {"05-gnn-delta": value})
    assert (faults == []) == fits


def test_claims_in_words_compare_values():
    claim = row(paper=(), tolerance=None, expect=("a-x < 0.3 * b-y",), keys=("a-x",))
    assert claims.form_faults([claim]) == []
    assert claims.verdict_faults([claim], {"a-x": 0.1, "b-y": 0.4}) == []
    assert claims.verdict_faults([claim], {"a-x": 0.2, "b-y": 0.4})
    assert "no value for b-y" in claims.verdict_faults([claim], {"a-x": 0.2})[0]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"verdict": "fine"}, "is none of"),
        ({"verdict": "partly"}, "needs a reason"),
        ({"reason": ""}, "a tolerance and its reason"),
        ({"keys": ()}, "needs a key"),
        ({"paper": (1.0, 2.0)}, "as many paper values"),
    ],
)
def test_incomplete_rows_are_refused(changes, text):
    assert any(text in fault for fault in claims.form_faults([row(**changes)]))


def test_the_ledger_shows_measured_values_by_glue():
    pages = {"05": "05-x.md"}
    shown = ledger.table([row()], {"05-gnn-delta": 0.07}, pages)
    assert "{glue:text}`05-x.md::05-gnn-delta:.3f`" in shown
    assert "not measured yet" in ledger.table([row()], {}, pages)


def test_the_ledger_of_the_book_is_well_formed():
    assert claims.form_faults(claims.load()) == []


@pytest.fixture
def ledger_row(monkeypatch):
    rows = [row(keys=("09-gnn-bits",), paper=(1.4,), tolerance=0.1)]
    monkeypatch.setattr(claims, "load", lambda: rows)
    monkeypatch.setattr(chapters, "recorded_values", lambda: {"09-gnn-bits": 1.4})
    return rows


def test_verdicts_are_held_to_the_values_of_the_build(ledger_row):
    assert check_book.claim_faults({"09-gnn-bits": 1.4}) == []
    [fault] = check_book.claim_faults({"09-gnn-bits": 0.7})
    assert "09-gnn-bits = 0.7" in fault


def test_claims_about_the_recording_are_not_judged_on_the_stand_in(ledger_row):
    faults = check_book.claim_faults({"09-gnn-bits": 0.7, check_book.KIND: check_book.STAND_IN})
    assert not any("verdict" in fault for fault in faults)


def test_the_record_must_have_the_keys_of_the_build(ledger_row):
    faults = check_book.claim_faults({"05-new": 1.0})
    assert any("recorded key 09-gnn-bits is gone" in fault for fault in faults)
    assert any("05-new is not recorded" in fault for fault in faults)


def test_a_wrong_threshold_of_the_simulation_fails_the_ledger_of_the_book(monkeypatch):
    ring, simulation = (
        importlib.import_module(f"circuitlib.{name}")
        for name in ("simulation.networks", "simulation.simulator")
    )
    [claim] = [claim for claim in claims.load() if claim.id == "ring-threshold-interval"]

    def faults():
        recording = simulation.simulate(ring.RingNetwork(), 60.0, seed=0)
        value = 1e3 * recording.intervals().mean()
        return claims.verdict_faults([claim], {"02-threshold-interval": value})

    assert faults() == []
    tuned = ring.RingNetwork.threshold.fget
    monkeypatch.setattr(ring.RingNetwork, "threshold", property(lambda self: 1.1 * tuned(self)))
    assert "the verdict is 'reproduced'" in faults()[0]
