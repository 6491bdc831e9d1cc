"""The library is a few rooms on a few floors: a room imports from lower floors only."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "circuitlib"
#: A room is a folder or a file beside it. The lowest floor comes first.
FLOORS = [
    {"_npz", "_provenance", "_seeding", "metrics"},
    {"recordings"},
    {"simulation", "methods"},
    {"files", "experiments"},
    {"head_direction"},
    {"notebook"},
    {"report"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
#: Everything but the door of the library, which names what is public.
FILES = {
    "circuitlib." + ".".join(path.relative_to(SOURCE).with_suffix("").parts): path
    for path in sorted(SOURCE.rglob("*.py"))
    if path != SOURCE / "__init__.py"
}
MOST_LINES, MOST_ROOMS = 300, 16


def room_of(module):
    return module.split(".")[1]


def imported(path):
    """Return the modules of the library that a module imports, anywhere in its text."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                if submodule in FILES:
                    yield submodule
                elif node.module in FILES:
                    yield node.module
                else:
                    assert node.module != "circuitlib", f"{path}: import from the room itself"


def test_every_room_has_a_floor():
    assert {room_of(module) for module in FILES} == FLOOR.keys()


def test_rooms_are_few_and_one_folder_deep():
    folders = {path.parent for path in FILES.values()} - {SOURCE}
    rooms = folders | {path for path in FILES.values() if path.parent == SOURCE}
    assert len(rooms - {SOURCE / "__main__.py"}) <= MOST_ROOMS


@pytest.mark.parametrize("module", FILES)
def test_a_room_imports_from_lower_floors_only(module):
    room = room_of(module)
    for other in map(room_of, imported(FILES[module])):
        assert other == room or FLOOR[other] < FLOOR[room], f"{room} must not import {other}"


def test_no_two_modules_need_each_other():
    needs = {module: set(imported(path)) for module, path in FILES.items()}
    TopologicalSorter(needs).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("module", FILES)
def test_a_file_stays_short(module):
    assert len(FILES[module].read_text().splitlines()) <= MOST_LINES
