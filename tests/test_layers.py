"""Modules import from lower layers only, so that no two need each other."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "circuitlib"
LAYERS = [
    {
        "_display",
        "_seeding",
        "_npz",
        "methods.gnn.messages",
        "metrics",
        "head_direction.placement",
        "_provenance",
        "simulation.networks",
        "recordings.basis",
        "methods.glm.links",
    },
    {
        "recordings.spikes",
        "simulation.dynamics",
        "methods.weights_file",
        "interaction",
        "notebook",
        "methods.glm.regressions",
    },
    {"recordings.traces", "methods.glm.ridge", "methods.glm.symmetric"},
    {"methods.glm.low_rank"},
    {
        "methods.estimator",
        "methods.gnn.events",
        "plotting",
        "experiments.store",
        "simulation.simulator",
        "methods.gnn.structure_module",
        "head_direction.tuning",
    },
    {
        "methods.netformer",
        "methods.glm.coupling",
        "methods.covariance",
        "methods.glm.history",
        "methods.ising",
        "head_direction.recording",
        "methods.gnn.spike_module",
        "simulation.oracle",
    },
    {
        "methods.logistic",
        "methods.patterns",
        "methods.gnn.batches",
        "head_direction.files",
        "methods.gnn.checkpoint",
        "methods.gnn.paper_structure_module",
        "methods.gnn.expansion",
    },
    {"methods.gnn.training"},
    {"methods.gnn.stages"},
    {"methods.seqnmf", "methods.tca", "methods.gnn.paper_gnn", "methods.gnn.gnn"},
    {"methods.catalogue", "benchmarks"},
    {"experiments.catalogue"},
    {"experiments.run"},
    {"commands"},
    {"__main__"},
]
LAYER = {module: number for number, modules in enumerate(LAYERS) for module in modules}
FILES = [path for path in sorted(SOURCE.rglob("*.py")) if path.name != "__init__.py"]


def name_of(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def imported(path):
    """Return the modules of the library that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "circuitlib":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("circuitlib."):
            yield node.module.removeprefix("circuitlib.")
        assert not (isinstance(node, ast.ImportFrom) and node.level), "imports are absolute"


def test_every_module_has_a_layer():
    assert {name_of(path) for path in FILES} == LAYER.keys()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_imports_from_lower_layers_only(path):
    for module in imported(path):
        assert LAYER[module] < LAYER[name_of(path)], f"{name_of(path)} must not import {module}"
