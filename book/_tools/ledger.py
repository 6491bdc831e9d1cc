"""Write the table of book/results.md from book/claims.yml; with --check, validate both.

The values in the table are glued, so the page always shows those of its own build.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import chapters
import claims
from claims import Claim

BEGIN, END = "% ledger: begin (written by book/_tools/ledger.py)", "% ledger: end"


def table(rows: list[Claim], values: dict[str, Any], pages: dict[str, str]) -> str:
    """Return the ledger as Markdown: one table for each source."""
    lines: list[str] = []
    for source in dict.fromkeys(row.source for row in rows):
        lines += ["", f"### {source}", ""]
        lines += ["| Claim | Paper | Here | Verdict |", "|---|---|---|---|"]
        for row in (row for row in rows if row.source == source):
            paper = ", ".join(f"{value:g}" for value in row.paper) or "in words"
            here = ", ".join(_glued(key, row.format, values, pages) for key in row.keys) or "none"
            lines.append(f"| {row.claim} | {paper} | {here} | {_verdict(row)} |")
    return "\n".join([*lines, ""])


def _glued(key: str, form: str, values: dict[str, Any], pages: dict[str, str]) -> str:
    if key not in values or key[:2] not in pages:
        return "not measured yet"
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
    faults = claims.form_faults(rows) + claims.verdict_faults(rows, values)
    pages = {path.name[:2]: path.name for path in chapters.chapter_paths(options.book)}
    page = options.book / "results.md"
    new = page_text(page.read_text(), table(rows, values, pages))
    if not options.check:
        page.write_text(new)
    elif page.read_text() != new:
        faults.append("results.md is out of date: run `make ledger`")
    for fault in faults:
        print(fault)
    waiting = [row.id for row in rows if row.verdict == "open"]
    if waiting:
        print(f"{len(waiting)} of {len(rows)} claims are open: {', '.join(waiting)}")
    unmeasured = re.findall("not measured yet", new)
    print(f"{len(rows)} claims, {len(unmeasured)} values not measured yet, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
