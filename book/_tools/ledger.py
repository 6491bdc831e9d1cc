"""Write the table of book/results.md from book/claims.yml; with --check, validate both.

The values that a chapter computes are glued, so the page shows those of its own build. Those of
stored runs are written out and marked; `--check` fails if the runs say something else.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import chapters
import claims
import stored
from claims import Claim
from stored import Stored

MISSING = "not measured yet"
BEGIN, END = "% ledger: begin (written by book/_tools/ledger.py)", "% ledger: end"


NOTE = (
    "Values marked *stored* come from runs that take too long for a build: their mean and standard "
    "deviation over the data seeds. All others were computed by this build."
)


def table(
    rows: list[Claim],
    values: dict[str, Any],
    pages: dict[str, str],
    kept: Mapping[str, Stored] = MappingProxyType({}),
) -> str:
    """Return the ledger as Markdown: one table for each source."""
    lines = ["", NOTE]
    for source in dict.fromkeys(row.source for row in rows):
        lines += ["", f"### {source}", ""]
        lines += ["| Claim | Paper | Here | Verdict |", "|---|---|---|---|"]
        for row in (row for row in rows if row.source == source):
            paper = ", ".join(f"{value:g}" for value in row.paper) or "in words"
            here = _stored(row, kept) if row.tier == "stored" else _here(row, values, pages)
            lines.append(f"| {row.claim} | {paper} | {here} | {_verdict(row)} |")
    return "\n".join([*lines, ""])


def _here(row: Claim, values: dict[str, Any], pages: dict[str, str]) -> str:
    return ", ".join(_glued(key, row.format, values, pages) for key in row.keys) or "none"


def _stored(row: Claim, kept: Mapping[str, Stored]) -> str:
    if any(key not in kept for key in row.keys):
        return MISSING
    found = [kept[key] for key in row.keys]
    shown = [value.show(row.format) for value in found]
    seeds = sorted({value.n_runs for value in found})
    number = " or ".join(str(n) for n in seeds) + (" seed" if seeds == [1] else " seeds")
    return f"{', '.join(shown)} (*stored*, {number})"


def _glued(key: str, form: str, values: dict[str, Any], pages: dict[str, str]) -> str:
    if key not in values or key[:2] not in pages:
        return MISSING
    return f"{{glue:text}}`{pages[key[:2]]}::{key}:{form}`"


def _verdict(row: Claim) -> str:
    text = f"**{row.verdict}**"
    if row.why:
        text += f": {row.why.strip()}"
    if row.tolerance is not None and row.reason:
        text += f" (tolerance {row.tolerance:g}: {row.reason.strip()})"
    return " ".join(text.split()).replace("|", r"\|")


def page_text(old: str, new_table: str) -> str:
    """Return the page with its table replaced."""
    if BEGIN not in old or END not in old:
        raise ValueError(f"the results page must hold the lines {BEGIN!r} and {END!r}")
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    return f"{before}{BEGIN}\n{new_table}\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    """Write or check the ledger."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a fault")
    parser.add_argument("--book", type=Path, default=chapters.BOOK, help="folder of the ledger")
    options = parser.parse_args(arguments)
    rows = claims.load(options.book / "claims.yml")
    values = chapters.recorded_values(options.book / "results" / "glue.json")
    kept = stored.stored()
    faults = claims.form_faults(rows) + claims.seed_faults(rows, kept)
    faults += claims.verdict_faults(rows, values | stored.means(kept))
    pages = {path.name[:2]: path.name for path in chapters.chapter_paths(options.book)}
    page = options.book / "results.md"
    new = page_text(page.read_text(), table(rows, values, pages, kept))
    if not options.check:
        page.write_text(new)
    elif page.read_text() != new:
        faults.append("results.md is out of date: run `make ledger`")
    for fault in faults:
        print(fault)
    waiting = [row.id for row in rows if row.verdict == "open"]
    if waiting:
        print(f"{len(waiting)} of {len(rows)} claims are open: {', '.join(waiting)}")
    unmeasured = re.findall(MISSING, new)
    print(f"{len(rows)} claims, {len(unmeasured)} values not measured yet, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
