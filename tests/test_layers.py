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
        "conv",
        "metrics",
        "head_direction.placement",
        "_provenance",
        "simulation.networks",
        "recordings.basis",
        "baselines.links",
    },
    {
        "recordings.spikes",
        "simulation.dynamics",
        "weights",
        "interaction",
        "notebook",
        "baselines.poisson",
    },
    {"recordings.traces", "baselines.ridge", "baselines.symmetric"},
    {"baselines.lowrank"},
    {
        "estimators",
        "events",
        "plotting",
        "results",
        "simulation.simulator",
        "structure",
        "head_direction.tuning",
    },
    {
        "baselines.attention",
        "baselines.coupling",
        "baselines.covariance",
        "baselines.glm",
        "baselines.ising",
        "head_direction.recording",
        "model",
        "simulation.oracle",
    },
    {
        "baselines.logistic",
        "baselines.patterns",
        "batches",
        "head_direction.files",
        "checkpoint",
        "convolution",
        "expansion",
    },
    {"training"},
    {"stages"},
    {"baselines.sequences", "baselines.tensor", "convolutional_gnn", "gnn"},
    {"methods", "benchmarks"},
    {"experiments"},
    {"reproduce"},
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
