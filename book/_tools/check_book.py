"""Check the built book as a reader without a network meets it."""

import math
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import chapters
import claims
import record_glue
import stored
from bs4 import BeautifulSoup, Tag

#: Whether chapter 9 had a recording, and what it says if it had none.
KIND, STAND_IN = "09-kind", "simulated stand-in"
HTML = chapters.ROOT / "_build" / "html"
LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
}
LINK_KINDS = {"stylesheet", "icon", "shortcut", "preload", "modulepreload", "prefetch", "manifest"}
EXTERNAL = re.compile(r"^(?:https?:)?//")
EXTERNAL_STYLE = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"'])(?:https?:)?//[^)\"']+")
CONSOLE = re.compile(r"CONSOLE.*?\"(.*(?:Uncaught|Failed to load|Refused|ERR_|rror:).*)\", source")


@cache
def page(path: Path) -> BeautifulSoup:
    """Return a parsed page."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors of a page."""
    return frozenset(str(tag["id"]) for tag in page(path).find_all(id=True))


def external_faults(path: Path) -> list[str]:
    """Return what a page would load from elsewhere."""
    faults = []
    for name, attribute in LOADED.items():
        for tag in page(path).find_all(name):
            if EXTERNAL.match(str(tag.get(attribute, ""))):
                faults.append(f"external {name} {tag[attribute]}")
    for tag in page(path).find_all("link", href=True):
        if LINK_KINDS & set(tag.get_attribute_list("rel")) and EXTERNAL.match(str(tag["href"])):
            faults.append(f"external {tag['rel']} {tag['href']}")
    for tag in page(path).find_all("style"):
        faults += [f"external style {hit}" for hit in EXTERNAL_STYLE.findall(tag.get_text())]
    return faults


def image_faults(path: Path) -> list[str]:
    """Return the images without alternative text."""
    images = page(path).find_all("img")
    return [
        f"no alt text: {str(tag)[:80]}" for tag in images if not str(tag.get("alt", "")).strip()
    ]


def link_faults(path: Path, root: Path) -> list[str]:
    """Return the links of a page, to pages, files and anchors, that lead nowhere."""
    faults = []
    for tag in page(path).find_all(["a", "link", "script", "img"]):
        address = str(tag.get("href") or tag.get("src") or "")
        if not address or re.match(r"^(?:[a-z]+:|//)", address) or address in {"#", "#top"}:
            continue
        target, _, anchor = address.partition("#")
        target = unquote(target.partition("?")[0])
        file = (
            (root / target[1:] if target.startswith("/") else path.parent / target)
            if target
            else path
        )
        if not file.exists():
            faults.append(f"dead link {address}")
        elif anchor and file.suffix == ".html" and unquote(anchor) not in anchors(file):
            faults.append(f"dead anchor {address}")
    return faults


def exercise_faults(path: Path) -> list[str]:
    """Return the exercises whose executed solution is not accepted by their check."""
    faults = []
    for tag in page(path).select("div.solution"):
        if "Correct." not in _outputs(tag):
            title = tag.select_one(".admonition-title")
            faults.append(f"not shown to be right: {title.get_text() if title else 'a solution'}")
    if "Not yet." in _outputs(page(path)):
        faults.append("a check on the page says 'Not yet.'")
    return faults


def _outputs(tag: Tag) -> str:
    return "\n".join(output.get_text() for output in tag.select(".cell_output"))


def empty_faults(path: Path) -> list[str]:
    """Return a fault if a page has no text."""
    body = page(path).select_one("article") or page(path).body
    length = len(body.get_text().strip()) if body else 0
    return [f"only {length} characters of text"] if length < 40 else []


def style_faults(root: Path) -> list[str]:
    """Return what the style sheets would load from elsewhere."""
    sheets = root.rglob("*.css")
    return [
        f"{sheet.name}: external {hit}"
        for sheet in sheets
        for hit in EXTERNAL_STYLE.findall(sheet.read_text(encoding="utf-8", errors="replace"))
    ]


def browser_faults(path: Path, browser: str) -> list[str]:
    """Return the errors that a browser without a network reports on a page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            *(
                browser,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"),
            *(
                "--enable-logging=stderr",
                "--virtual-time-budget=4000",
                f"--user-data-dir={profile}",
            ),
            *("--no-first-run", "--dump-dom", path.as_uri()),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    faults = [f"console: {hit}" for hit in CONSOLE.findall(done.stderr)]
    if "<article" not in done.stdout and "<body" not in done.stdout:
        faults.append("the browser shows nothing")
    if "<mjx-merror" in done.stdout:
        faults.append("a formula cannot be typeset")
    return faults


def pages(root: Path) -> list[Path]:
    """Return the built pages."""
    return [path for path in sorted(root.rglob("*.html")) if "_static" not in path.parts]


def claim_faults(values: dict[str, Any]) -> list[str]:
    """Return the verdicts that the values of this build contradict."""
    rows = claims.load()
    if values.get(KIND) == STAND_IN:  # a claim about mice is not judged on simulated cells
        rows = [row for row in rows if not any(key[:2] == KIND[:2] for key in claims.needed(row))]
    recorded = chapters.recorded_values().keys()
    gone, new = sorted(recorded - values.keys()), sorted(values.keys() - recorded)
    return [
        *claims.verdict_faults(rows, values | stored.means(stored.stored())),
        *(f"recorded key {key} is gone: run `make record`" for key in gone),
        *(f"key {key} is not recorded: run `make record`" for key in new),
    ]


def drift(built: dict[str, Any], recorded: dict[str, Any]) -> list[str]:
    """Return the values that differ from the recorded ones, which the notebooks' texts show."""
    return [
        f"{key}: {recorded[key]} is recorded, this build has {built[key]}"
        for key in sorted(built.keys() & recorded.keys())
        if not _alike(built[key], recorded[key])
    ]


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=0.05, abs_tol=0.005)
    return bool(one == other)


def find_browser() -> str | None:
    """Return the browser that opens the pages, or None if the machine has none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def main() -> int:
    """Report every fault of the built book."""
    found = pages(HTML)
    if not found:
        print("there is no built book: run `make book`")
        return 1
    faults = [("styles", fault) for fault in style_faults(HTML)]
    values = record_glue.built_values()
    faults += [("claims", fault) for fault in claim_faults(values)]
    browser = find_browser()
    for path in found:
        new = external_faults(path) + image_faults(path) + link_faults(path, HTML)
        new += exercise_faults(path) + empty_faults(path)
        new += browser_faults(path, browser) if browser else []
        faults += [(str(path.relative_to(HTML)), fault) for fault in new]
    for note in drift(values, chapters.recorded_values()):
        print(f"note: {note}")
    for where, fault in faults:
        print(f"{where}: {fault}")
    print(
        f"{len(found)} pages, {len(faults)} faults"
        + ("" if browser else "; no browser found, none opened")
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
