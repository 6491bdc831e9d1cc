"""Build one chapter alone, as strictly as the book, in a temporary folder.

Other chapters are replaced by stubs that have their titles, labels and recorded values.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import build_book
import chapters
import yaml

HEADER = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""
GLUE = """```{{code-cell}} ipython3
from IPython.display import display

for name, value in {values!r}.items():
    display(
        {{"{mime}": repr(value)}},
        raw=True,
        metadata={{"scrapbook": {{"name": name, "mime_prefix": "application/papermill.record/"}}}},
    )
```
"""


def stub(name: str, keys: set[str]) -> str:
    """Return a page that stands for another chapter."""
    path = chapters.BOOK / name
    text = path.read_text() if path.exists() else f"# {Path(name).stem}\n"
    recorded = chapters.recorded_values()
    labels = re.findall(r"^\([\w-]+\)=\n+#+ .+$", text, re.MULTILINE)
    labels = [re.sub(r"\n+#+", "\n##", label) for label in labels]
    page = HEADER + f"# {chapters.title(text)}\n\nA stub.\n\n" + "\n\n".join(labels) + "\n\n"
    if not keys:
        return page
    values = {key: recorded.get(key, 0.0) for key in sorted(keys)}
    return page + GLUE.format(values=values, mime=chapters.GLUE_MIME)


def lay_out(chapter: Path, folder: Path) -> None:
    """Write a book of one chapter into a folder."""
    text = chapter.read_text()
    book = folder / "book"
    book.mkdir()
    shutil.copytree(chapters.BOOK / "_static", book / "_static")
    shutil.copytree(chapters.BOOK / "_tools", book / "_tools")
    shutil.copy(chapters.ROOT / "_config.yml", folder)
    pages = ["bibliography.md", "glossary.md"]
    for name in [*pages, "references.bib"]:
        shutil.copy(chapters.BOOK / name, book)
    shutil.copy(chapter, book)
    (folder / "index.md").write_text("# Draft\n\nOne chapter alone.\n")
    others = set(re.findall(r"\]\(([\w-]+\.md)(?:#[\w-]+)?\)", text))
    glued: dict[str, set[str]] = {}
    for name, key in re.findall(r"\{glue:text\}`([\w-]+\.md)::([\w-]+)", text):
        glued.setdefault(name, set()).add(key)
    stubs = sorted((others | glued.keys()) - {chapter.name, *pages})
    for name in stubs:
        (book / name).write_text(stub(name, glued.get(name, set())))
    files = [f"book/{Path(name).stem}" for name in [chapter.name, *stubs, *pages]]
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": name} for name in files]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False))


def main(arguments: list[str] | None = None) -> int:
    """Build the chapter and print where its page is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapter", type=Path, help="book/NN-name.md")
    chapter = parser.parse_args(arguments).chapter.resolve()
    folder = Path(tempfile.mkdtemp(prefix="circuitlib-draft-"))
    lay_out(chapter, folder)
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(chapters.ROOT)]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    status = build_book.build(folder)
    page = folder / "_build" / "html" / "book" / f"{chapter.stem}.html"
    print(f"page: {page}" if status == 0 else f"the build failed; it is in {folder}")
    return status


if __name__ == "__main__":
    sys.exit(main())
