"""Keep the numbers of the last build: read the executed chapters, write book/results/glue.json."""

import ast
import importlib.metadata
import json
import platform
import sys
from pathlib import Path
from typing import Any

import chapters

PACKAGES = ("numpy", "scipy", "scikit-learn", "numba", "torch", "torch-geometric", "matplotlib")


def glued(path: Path) -> dict[str, Any]:
    """Return the values that an executed chapter glued."""
    outputs = json.loads(path.read_text())
    return {key: ast.literal_eval(output["data"]["text/plain"]) for key, output in outputs.items()}


def built_values(folder: Path = chapters.EXECUTED) -> dict[str, Any]:
    """Return the values that all chapters of the build glued; a key may be glued once only."""
    values: dict[str, Any] = {}
    for path in sorted(folder.rglob("*.glue.json")):
        new = glued(path)
        if twice := values.keys() & new.keys():
            raise ValueError(
                f"{path.name} glues a key of another chapter: {', '.join(sorted(twice))}"
            )
        values |= new
    return values


def main() -> int:
    """Write the record."""
    values = built_values()
    if not values:
        print(
            f"no executed chapter with glued values under {chapters.EXECUTED}: build the book first"
        )
        return 1
    versions = {name: importlib.metadata.version(name).partition("+")[0] for name in PACKAGES}
    versions = {
        "circuitlib": chapters.project()["version"],
        "python": platform.python_version(),
    } | versions
    content = {"versions": versions, "values": dict(sorted(values.items()))}
    chapters.RECORDED.parent.mkdir(parents=True, exist_ok=True)
    chapters.RECORDED.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    print(f"{len(values)} values recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
