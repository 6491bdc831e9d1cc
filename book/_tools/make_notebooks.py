"""Write the notebook beside each chapter; with --check, fail where the one on disk differs.

Colab, Binder and the download button of a page point at these notebooks. They hold no outputs.
"""

import argparse
import difflib
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import chapters
import jupytext
from plain import Plain

# What circuitlib needs and Colab lacks: name for pip, name for import.
# jaxtyping needs the last one.
COLAB_LACKS = {
    "jaxtyping": "jaxtyping",
    "tensorly": "tensorly",
    "torch-geometric": "torch_geometric",
    "wadler-lindig": "wadler_lindig",
}
COLAB_HAS = {
    "jinja2",
    "lazy_loader",
    "matplotlib",
    "numba",
    "numpy",
    "scikit-learn",
    "scipy",
    "torch",
    "tqdm",
}

SETUP = """\
# Setup: in Colab this installs the book's library; where it is installed, nothing happens.
import importlib
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("circuitlib") is None:
    source = os.environ.get(
        "CIRCUITLIB_SOURCE",
        "{source}",
    )
    needs = {needs}
    missing = [name for name, module in needs.items() if importlib.util.find_spec(module) is None]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *missing, source]
    subprocess.run(command, check=True)
    importlib.invalidate_caches()
"""


def notebook(path: Path, values: dict[str, Any]) -> str:
    """Return the notebook of a chapter as JSON text."""
    text = path.read_text()
    url, version = chapters.configuration()["repository"]["url"], chapters.project()["version"]
    owner = url.removeprefix("https://github.com/")
    raw = f"https://raw.githubusercontent.com/{owner}/v{version}/"
    plain = Plain(values, chapters.configuration()["html"]["baseurl"], raw)
    parsed = jupytext.reads(text, fmt="md:myst").cells
    figures = [name for cell in parsed for name in _figure_names(cell)]
    prose = [
        line for cell in parsed if cell.cell_type == "markdown" for line in cell.source.split("\n")
    ]
    plain.collect(prose, figures)

    first = _first_cell(path, text, owner, version)
    source = f"git+{url}@v{version}"
    setup = SETUP.format(source=source, needs=json.dumps(COLAB_LACKS))
    cells = [_cell("markdown", first), _cell("code", setup.rstrip("\n"), tags=["setup"])]
    solution = False
    for cell in parsed:
        if cell.cell_type == "markdown":
            body = re.sub(r"\A\s*# .+\n", "", cell.source)
            cells.append(_cell("markdown", plain.convert(body)))
            solution = _inside_solution(cell.source, solution)
        else:
            hidden = solution or "hide-input" in cell.metadata.get("tags", [])
            cells.append(_cell("code", cell.source, hidden=hidden))
            if figure := _figure(cell):
                cells.append(_cell("markdown", plain.caption(figure["name"], figure["caption"])))
    return _json([cell for cell in cells if cell["source"]], path.stem)


def _figure(cell: Any) -> dict[str, str]:
    figure: dict[str, str] = cell.metadata.get("mystnb", {}).get("figure", {})
    return figure


def _figure_names(cell: Any) -> list[str]:
    if cell.cell_type == "markdown":
        return re.findall(r"^:name:[ \t]*(fig-[\w-]+)", cell.source, re.MULTILINE)
    return [_figure(cell)["name"]] if _figure(cell) else []


def _inside_solution(text: str, before: bool) -> bool:
    marks: list[str] = re.findall(r"\{solution-(start|end)\}", text)
    return marks[-1] == "start" if marks else before


def _first_cell(path: Path, text: str, owner: str, version: str) -> str:
    found = re.search(r"^\| *Run time *\| *(.+?) *\|", text, re.MULTILINE)
    run_time = found[1] if found else "under a minute"
    colab = (
        f"https://colab.research.google.com/github/{owner}/blob/v{version}/book/{path.stem}.ipynb"
    )
    return (
        f"# {chapters.title(text)}\n\n"
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})\n\n"
        f"Notebook of *{chapters.configuration()['title']}*, version {version}. "
        f"Expected run time: {run_time}."
    )


def _cell(
    kind: str, source: str, *, tags: list[str] | None = None, hidden: bool = False
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if hidden:
        metadata["jupyter"] = {"source_hidden": True}
    cell: dict[str, Any] = {"cell_type": kind, "metadata": metadata, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _json(cells: list[dict[str, Any]], name: str) -> str:
    seen: dict[str, int] = {}
    for cell in cells:
        digest = hashlib.sha256(
            f"{name}\n{cell['cell_type']}\n{cell['source']}".encode()
        ).hexdigest()
        number = seen[digest] = seen.get(digest, -1) + 1
        cell["id"] = digest[:12] + (f"-{number}" if number else "")
        cell["source"] = cell["source"].splitlines(keepends=True)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check all notebooks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    parser.add_argument("--book", type=Path, default=chapters.BOOK, help="folder of the chapters")
    options = parser.parse_args(arguments)
    values = chapters.recorded_values()
    wrong = 0
    for path in chapters.chapter_paths(options.book):
        target, new = path.with_suffix(".ipynb"), notebook(path, values)
        old = target.read_text() if target.exists() else ""
        if not options.check:
            target.write_text(new)
        elif old != new:
            wrong += 1
            change = difflib.unified_diff(
                old.split("\n"), new.split("\n"), "on disk", "new", "", "", 0
            )
            print(
                f"{target.name} is out of date: run `make notebooks`", *list(change)[:20], sep="\n"
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
