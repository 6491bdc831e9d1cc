"""The ledger reads stored runs, marks them, and holds verdicts to them."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("jupytext")

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_tools"))
claims, ledger, stored = (importlib.import_module(name) for name in ("claims", "ledger", "stored"))
reproduce = importlib.import_module("circuitlib.experiments.run").reproduce

KEY = "table1/lnp/gnn/delta"
ROW = claims.Claim(
    id="a",
    source="Table 1",
    claim="Delta",
    paper=(0.049,),
    keys=(KEY,),
    format=".3f",
    tolerance=0.02,
    reason="spread",
    expect=(),
    tier="stored",
    verdict="reproduced",
    why="",
)


def test_stored_values_are_shown_with_their_deviation_and_marked():
    kept = {KEY: stored.Stored(0.05, 0.004, 3)}
    assert "| 0.050 ± 0.004 (*stored*, 3 seeds) |" in ledger.table([ROW], {}, {}, kept)
    alone = {KEY: stored.Stored(0.05, float("nan"), 1)}
    assert "| 0.050 (*stored*, 1 seed) |" in ledger.table([ROW], {}, {}, alone)
    assert "not measured yet" in ledger.table([ROW], {}, {}, {})


def test_verdicts_are_held_to_the_means_of_stored_runs():
    for mean, faults in ((0.06, 0), (0.09, 1)):
        values = stored.means({KEY: stored.Stored(mean, 0.001, 3)})
        assert len(claims.verdict_faults([ROW], values)) == faults
    assert "no value for" in claims.verdict_faults([ROW], {})[0]


def test_a_verdict_on_table_1_needs_three_seeds():
    two = {KEY: stored.Stored(0.05, 0.001, 2)}
    assert "has 2 data seeds" in claims.seed_faults([ROW], two)[0]
    assert claims.seed_faults([replace(ROW, verdict="open")], two) == []
    assert claims.seed_faults([ROW], {KEY: stored.Stored(0.05, 0.001, 3)}) == []


def test_claims_in_words_compare_stored_values():
    other = "table1/lnp/best-baseline/delta"
    row = replace(ROW, paper=(), tolerance=None, expect=(f"{KEY} < 0.3 * {other}",))
    assert claims.form_faults([row]) == []
    assert claims.needed(row) == {KEY, other}
    assert claims.verdict_faults([row], {KEY: 0.05, other: 0.2}) == []
    assert claims.verdict_faults([row], {KEY: 0.07, other: 0.2})


@pytest.mark.parametrize("tier", ["build", "none"])
def test_the_tier_of_a_row_is_that_of_its_keys(tier):
    assert "of tier stored" in claims.form_faults([replace(ROW, tier=tier)])[0]


@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")  # a short recording
def test_the_values_are_those_of_the_runs(tmp_path):
    methods = ("correlation", "precision")
    reproduce("table1", tmp_path, seeds=2, methods=methods, duration=8.0)
    values = stored.stored(tmp_path)
    runs = importlib.import_module("circuitlib.experiments.store").load_runs("table1", tmp_path)
    found = {name: [] for name in methods}
    for run in runs:
        if run.condition == "threshold":
            found[run.method].append(run.delta)
    means = {name: sum(deltas) / 2 for name, deltas in found.items()}
    for name, mean in means.items():
        value = values[f"table1/threshold/{name}/delta"]
        assert (value.mean, value.n_runs) == (pytest.approx(mean), 2)
    best = values["table1/threshold/best-baseline/delta"]
    assert best.mean == pytest.approx(min(means.values()))


def test_fits_to_a_session_have_values_by_version_and_kind():
    results = importlib.import_module("circuitlib.head_direction.session_results").session_results()
    kept = stored.stored()
    contrasts = [each.value for each in results.contrasts("gnn", "uncoupled")]
    assert kept["fig5/uncoupled/gnn/contrast"].mean == pytest.approx(sum(contrasts) / 3)
    assert kept["fig5/uncoupled/gnn/contrast"].n_runs == 3
    hidden = "fig5/wake/gnn-ring-interpolated5"
    assert kept[f"{hidden}/near"].mean > 0 > kept[f"{hidden}/far"].mean
    assert f"{hidden}/bits_per_spike" not in kept  # a ring that was tried only predicts nothing
    assert kept["fig5/wake/gnn-told/found"].mean == sum(results.found("gnn-told")) / 3
