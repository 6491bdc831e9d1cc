"""What all tools of the book know: where things are, and how a chapter is written."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
RECORDED = BOOK / "results" / "glue.json"
EXECUTED = ROOT / "_build" / "jupyter_execute"
GLUE_MIME = "application/papermill.record/text/plain"

OPENING = re.compile(r"^(?P<mark>`{3,}|:{3,})(?:\{(?P<name>[\w:-]+)\}[ \t]*(?P<argument>.*))?")


@dataclass(frozen=True)
class Directive:
    """A fenced directive: its name, what stands beside it, its options and its body."""

    name: str
    argument: str
    options: dict[str, Any]
    body: list[str]


@dataclass(frozen=True)
class Line:
    """A line outside every fence."""

    text: str


@dataclass(frozen=True)
class Code:
    """A fence that holds code to read: all its lines with the marks."""

    lines: list[str]


def chapter_paths(book: Path = BOOK) -> list[Path]:
    """Return the chapters in order."""
    return sorted(book.glob("[0-9][0-9]-*.md"))


def project() -> dict[str, Any]:
    """Return the project table of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def configuration() -> dict[str, Any]:
    """Return _config.yml."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "_config.yml").read_text())
    return config


def recorded_values(path: Path = RECORDED) -> dict[str, Any]:
    """Return the glued values of the last recorded build, none if there is no record."""
    if not path.exists():
        return {}
    values: dict[str, Any] = json.loads(path.read_text())["values"]
    return values


def title(text: str) -> str:
    """Return a chapter's title."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    if found is None:
        raise ValueError("the chapter has no title (a line that starts with '# ')")
    return found[1].strip()


def without_header(text: str) -> str:
    """Return a chapter's text after its YAML header."""
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)


def parse(lines: list[str]) -> list[Line | Code | Directive]:
    """Cut lines into plain lines, code to read and directives (whose bodies stay lines)."""
    parts: list[Line | Code | Directive] = []
    position = 0
    while position < len(lines):
        start = OPENING.match(lines[position])
        if start is None:
            parts.append(Line(lines[position]))
            position += 1
            continue
        end = _closing(lines, position, start["mark"])
        inside = lines[position + 1 : end]
        if start["name"] is None:
            parts.append(Code(lines[position : end + 1]))
        else:
            options, body = _options(inside)
            argument = (start["argument"] or "").strip()
            parts.append(Directive(start["name"], argument, options, body))
        position = end + 1
    return parts


def _closing(lines: list[str], start: int, mark: str) -> int:
    for number in range(start + 1, len(lines)):
        line = lines[number].rstrip()
        if line.startswith(mark) and set(line) == {mark[0]}:
            return number
    raise ValueError(f"the fence that starts with {lines[start]!r} is not closed")


def _options(lines: list[str]) -> tuple[dict[str, Any], list[str]]:
    if lines and lines[0].strip() == "---":
        end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == "---")
        return yaml.safe_load("\n".join(lines[1:end])) or {}, lines[end + 1 :]
    options: dict[str, Any] = {}
    number = 0
    while number < len(lines) and (found := re.match(r"^:([\w-]+):[ \t]*(.*)$", lines[number])):
        options[found[1]] = found[2]
        number += 1
    return options, lines[number:]
