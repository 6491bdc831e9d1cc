"""Weights leave as a table or a graph, and no other file is lost to them."""

import csv
from pathlib import Path

import networkx
import numpy as np
import pytest

from circuitlib.cli.main import main
from circuitlib.methods.weights_file import InferredWeights

#: Names that a table or a graph has to quote or to escape.
UNITS = ('a,"b"', "=1+1", "<&>", "", "é\tx")


@pytest.fixture
def inferred(folder):
    weights = np.random.default_rng(0).normal(size=(5, 5))
    weights[3] = np.nan
    weights[:, 3] = np.nan
    found = InferredWeights.of(weights, "precision", {}, 1e-2, 0.9, None, units=UNITS)
    found.save("w.npz")
    return found


def pairs(inferred):
    """Return the weights that a file must hold, by the names of `pre` and `post`."""
    weights = inferred.weights
    inside = [(pre, post) for pre in range(5) for post in range(5) if pre != post]
    known = [(pre, post) for pre, post in inside if np.isfinite(weights[post, pre])]
    return {(UNITS[pre], UNITS[post]): weights[post, pre] for pre, post in known}


def test_a_table_holds_each_inferred_weight_in_full(inferred):
    assert main(["export", "w.npz", "-o", "w.csv"]) == 0
    with Path("w.csv").open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["pre", "post", "weight"]
    assert len(rows) == 12
    assert {(pre, post): float(weight) for pre, post, weight in rows} == pairs(inferred)


def test_a_graph_holds_all_units_and_each_inferred_weight_in_full(inferred):
    assert main(["export", "w.npz", "-o", "w.graphml"]) == 0
    graph = networkx.read_graphml("w.graphml")
    assert graph.is_directed()
    assert graph.graph["method"] == "precision"
    assert tuple(graph.nodes) == UNITS
    assert {(pre, post): w for pre, post, w in graph.edges(data="weight")} == pairs(inferred)


@pytest.mark.parametrize("name", ["w.csv", "w.graphml"])
def test_an_older_export_is_replaced(name, inferred):
    assert main(["export", "w.npz", "-o", name]) == 0
    first = Path(name).read_bytes()
    other = InferredWeights.of(2 * inferred.weights, "tca", {}, 1e-2, 0.9, None, units=UNITS)
    other.save("w.npz")
    assert main(["export", "w.npz", "-o", name]) == 0
    assert Path(name).read_bytes() != first


FOREIGN = {
    "table.csv": b"unit,time\na,1\n",
    "empty.csv": b"",
    "bytes.csv": b"\xff\xfe\x00",
    "page.graphml": b"<?xml version='1.0'?><html/>",
    "empty.graphml": b"",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_another_kind_of_file_is_never_replaced(name, inferred, refused_in_one_line):
    Path(name).write_bytes(FOREIGN[name])
    assert main(["export", "w.npz", "-o", name]) == 2
    refused_in_one_line("another kind of file")
    assert Path(name).read_bytes() == FOREIGN[name]


def test_the_weights_are_never_replaced(inferred, folder, refused_in_one_line):
    before = Path("w.npz").read_bytes()
    (folder / "link.csv").symlink_to(folder / "w.npz")
    assert main(["export", "w.npz", "-o", "link.csv"]) == 2
    refused_in_one_line("is read by this command")
    assert main(["export", "w.npz", "-o", "w.npz"]) == 2
    refused_in_one_line(r"must end in \.csv or \.graphml")
    assert Path("w.npz").read_bytes() == before


def test_a_name_that_a_graph_cannot_hold_is_refused(inferred, folder, refused_in_one_line):
    InferredWeights.of(np.eye(2), "tca", {}, 1e-2, 0.9, None, units=("a\x01", "b")).save("w.npz")
    assert main(["export", "w.npz", "-o", "w.graphml"]) == 2
    refused_in_one_line("GraphML cannot hold")
    assert not (folder / "w.graphml").exists()


def test_a_full_disk_leaves_the_old_table(inferred, folder, refused_in_one_line, monkeypatch):
    assert main(["export", "w.npz", "-o", "w.csv"]) == 0
    before = sorted(path.name for path in folder.iterdir()), Path("w.csv").read_bytes()

    def full(_):
        yield "a", "b", 1.0
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(InferredWeights, "pairs", full)
    assert main(["export", "w.npz", "-o", "w.csv"]) == 2
    refused_in_one_line("No space left")
    assert (sorted(path.name for path in folder.iterdir()), Path("w.csv").read_bytes()) == before
