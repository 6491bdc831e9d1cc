"""Citations as text, from references.bib."""

from functools import cache
from pathlib import Path
from typing import Any

from chapters import BOOK
from pybtex.database import parse_file


@cache
def _entries(path: Path) -> Any:
    return parse_file(str(path)).entries


def cite(keys: str, *, textual: bool, path: Path = BOOK / "references.bib") -> str:
    """Return a citation as Markdown: ``Yoon (2025)`` if textual, else ``(Yoon, 2025)``."""
    texts = []
    for key in keys.split(","):
        entry = _entries(path)[key.strip()]
        who, year = _authors(entry), entry.fields["year"]
        texts.append(_link(entry, f"{who} ({year})" if textual else f"{who}, {year}"))
    return ", ".join(texts) if textual else f"({'; '.join(texts)})"


def _authors(entry: Any) -> str:
    names = [
        " ".join([*person.prelast_names, *person.last_names]) for person in entry.persons["author"]
    ]
    names = [name.replace("{", "").replace("}", "") for name in names]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def _link(entry: Any, text: str) -> str:
    if doi := entry.fields.get("doi"):
        return f"[{text}](https://doi.org/{doi})"
    if eprint := entry.fields.get("eprint"):
        return f"[{text}](https://arxiv.org/abs/{eprint})"
    return f"[{text}]({entry.fields['url']})" if "url" in entry.fields else text
