"""Check how chapters are written: no typed result, figures described, exercises in one form."""

import re
import sys
from pathlib import Path
from typing import Any

import chapters
from chapters import Code, Directive, Line

UNIT = r"(?:k?Hz|ms|s|min|bits?|nats|%|percent|GB|MB|seconds?|minutes?|milliseconds?|hertz)"
NUMBER = re.compile(rf"(?<![\w.\-/])(?:\d+\.\d+|\d[\d,]*(?:\.\d+)?\s?{UNIT}(?![\w-]))")
NOT_PROSE = [
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"\$[^$]+\$"),
    re.compile(r"\{[\w:]+\}`[^`]*`"),
    re.compile(r"``.+?``|`[^`]*`"),
    re.compile(r"https?://\S+|arXiv:\S+|doi:\S+"),
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"(?:version|section|Section|Python|CC BY) \d+(?:\.\d+)+|CC BY 4\.0"),
]
BOX_ROWS = ("Prerequisites", "Reading time", "Run time", "Exercises", "Paper")
CODE_WIDTH = 77  # columns of a page; what is longer is hidden until one scrolls
SECTIONS = ("## Exercises", "## Summary")


def typed_numbers(text: str) -> list[str]:
    """Return the numbers typed in prose that look like results, with their paragraph's start."""
    found = []
    for paragraph in re.split(r"\n\s*\n", _prose(chapters.without_header(text))):
        kept = "\n".join(
            line for line in paragraph.split("\n") if not line.lstrip().startswith("|")
        )
        if re.search(r"\{cite:[pt]\}", kept):
            continue
        for pattern in NOT_PROSE:
            kept = pattern.sub(" ", kept)
        start = " ".join(paragraph.split())[:50]
        found += [f"typed number {hit!r} in {start!r}" for hit in NUMBER.findall(kept)]
    return found


def _prose(text: str) -> str:
    lines: list[str] = []
    for part in chapters.parse(text.split("\n")):
        if isinstance(part, Line):
            lines.append(part.text)
        elif isinstance(part, Directive):
            if part.name == "code-cell":
                caption = part.options.get("mystnb", {}).get("figure", {}).get("caption", "")
                lines += ["", caption, ""]
            elif part.name != "math" and "objectives" not in part.options.get("class", ""):
                lines += ["", part.argument, "", _prose("\n".join(part.body)), ""]
    return "\n".join(lines)


def chapter_faults(name: str, text: str) -> list[str]:
    """Return what is wrong in a chapter."""
    number = name[:2]
    faults = typed_numbers(text)
    parts = chapters.parse(chapters.without_header(text).split("\n"))
    directives = [part for part in parts if isinstance(part, Directive)]
    for part in directives:
        faults += _cell_faults(part, number) if part.name == "code-cell" else []
        faults += _image_faults(part.name, part.argument, part.options)
    faults += [f"a box row {row!r} is missing" for row in BOX_ROWS if f"| {row} |" not in text]
    faults += [f"the section {name!r} is missing" for name in SECTIONS if f"\n{name}\n" not in text]
    faults += _exercise_faults(directives, number)
    last = text.rstrip().rsplit("\n", 1)[-1]
    if not re.match(r"Next: \[.+\]\(.+\.md\)\.?$", last):
        faults.append("the last line must be 'Next: [title](file.md)'")
    for other in parts:
        if isinstance(other, Line | Code):
            source = other.text if isinstance(other, Line) else "\n".join(other.lines)
            if re.search(r"!\[[^\]]*\]\(https?:", source):
                faults.append(f"external image: {source.strip()[:60]}")
            if "![](" in source:
                faults.append(f"image without alternative text: {source.strip()[:60]}")
    return faults


def _cell_faults(part: Directive, number: str) -> list[str]:
    faults = []
    source = "\n".join(part.body)
    if re.search(r"\bmyst_nb\b", source):
        faults.append("a cell imports myst_nb, which notebooks elsewhere lack")
    if re.search(r"[\"'](?:/home|/Users|/work|/tmp|[A-Z]:\\)", source):
        faults.append("a cell holds an absolute path")
    if "hide-input" not in str(part.options.get("tags", "")):
        long = [line for line in part.body if len(line) > CODE_WIDTH]
        faults += [
            f"code of more than {CODE_WIDTH} columns: {line.strip()[:40]!r}" for line in long
        ]
    for key in re.findall(r"\bglue\(\s*[\"']([^\"']+)", source):
        if not re.fullmatch(rf"{number}-[a-z0-9]+(-[a-z0-9]+)*", key):
            faults.append(f"the glued key {key!r} must be '{number}-' and lower-case words")
    options: dict[str, Any] = part.options.get("mystnb", {})
    if figure := options.get("figure"):
        if not str(figure.get("name", "")).startswith(f"fig-{number}-"):
            faults.append(f"the figure name {figure.get('name')!r} must start with 'fig-{number}-'")
        faults += [] if figure.get("caption") else ["a figure has no caption"]
        faults += (
            [] if options.get("image", {}).get("alt") else [f"{figure.get('name')} has no alt text"]
        )
    elif "plt.show()" in source:
        faults.append(f"a cell shows a figure without caption and alt text: {source[:40]!r}")
    return faults


def _image_faults(name: str, argument: str, options: dict[str, Any]) -> list[str]:
    if name not in {"figure", "image"}:
        return []
    faults = [] if options.get("alt") else [f"{argument} has no alt text"]
    return faults + ([f"external image {argument}"] if "://" in argument else [])


def _exercise_faults(directives: list[Directive], number: str) -> list[str]:
    labels = [part.options.get("label", "") for part in directives if part.name == "exercise"]
    solved = [part.argument for part in directives if part.name == "solution-start"]
    ends = sum(part.name == "solution-end" for part in directives)
    faults = (
        [] if 2 <= len(labels) <= 4 else [f"{len(labels)} exercises; a chapter has two to four"]
    )
    faults += [
        f"exercise label {x!r} must start 'ex-{number}-'"
        for x in labels
        if x[:6] != f"ex-{number}-"
    ]
    faults += [f"exercise {label} has no solution" for label in labels if label not in solved]
    faults += [f"solution of an unknown exercise {x}" for x in solved if x not in labels]
    if ends != len(solved):
        faults.append(f"{len(solved)} solutions start and {ends} end")
    cells = "\n".join("\n".join(part.body) for part in directives if part.name == "code-cell")
    checks = len(re.findall(r"\bcheck\(", cells))
    if checks < 2 * len(labels):
        faults.append(
            f"{checks} checks; each exercise needs one for the reader and one in its solution"
        )
    return faults


def main() -> int:
    """Report every fault of the book's pages."""
    wrong = 0
    own = [chapters.ROOT / "index.md", *sorted(chapters.BOOK.glob("*.md"))]
    for path in [path for path in own if path.exists()]:
        is_chapter = re.match(r"\d\d-", path.name)
        text = path.read_text()
        for fault in chapter_faults(path.name, text) if is_chapter else typed_numbers(text):
            wrong += 1
            print(f"{_name(path)}: {fault}")
    return 1 if wrong else 0


def _name(path: Path) -> str:
    return str(path.relative_to(chapters.ROOT))


if __name__ == "__main__":
    sys.exit(main())
