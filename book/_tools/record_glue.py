"""Keep the numbers of the last build in book/results/glue.json, and the picture of its result."""

import ast
import base64
import importlib.metadata
import json
import platform
import sys
from pathlib import Path
from typing import Any

import chapters

#: The result of chapter 5, shown on the home page and in the README.
PICTURE = chapters.BOOK / "_static" / "result.png"
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


def figure(name: str, folder: Path = chapters.EXECUTED) -> bytes:
    """Return the figure of this name, a PNG file, from the executed chapters."""
    for path in sorted(folder.rglob("*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            settings = cell["metadata"].get("mystnb", {})
            if settings.get("figure", {}).get("name") != name:
                continue
            for output in cell["outputs"]:
                if image := output.get("data", {}).get("image/png"):
                    return base64.b64decode(image)
    raise ValueError(f"no executed chapter has the figure {name}")


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
    picture = figure("fig-05-result")
    if not PICTURE.exists() or PICTURE.read_bytes() != picture:  # a new date would ask for a build
        PICTURE.write_bytes(picture)
    print(f"{len(values)} values recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
