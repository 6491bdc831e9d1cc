"""The tools of the book: what they make, and that their checks bite."""

import importlib
import json
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("jupytext")
pytest.importorskip("bs4")

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_tools"))
chapters, check_book, lint_prose, make_notebooks, plain, record_glue, references = (
    importlib.import_module(name)
    for name in (
        "chapters",
        "check_book",
        "lint_prose",
        "make_notebooks",
        "plain",
        "record_glue",
        "references",
    )
)
CHAPTER = ROOT / "book" / "00-how-to-read.md"
VALUES = {"00-neurons": 100, "00-spikes": 31000, "00-rate": 62.04}


@pytest.fixture
def converter():
    return plain.Plain({"02-rate": 61.96}, "https://pages/", "https://raw/")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a {glue:text}`02-rate:.1f` Hz", "a 62.0 Hz"),
        ("{glue:text}`02-x.md::02-rate:.2f`", "61.96"),
        ("{term}`bump`, {term}`bumps <bump>`", "bump, bumps"),
        ("[next](03-x.md#top)", "[next](https://pages/book/03-x.html#top)"),
        ("![ring](_static/r.svg)", "![ring](https://raw/book/_static/r.svg)"),
        ("(label)=\n## Head", "## Head"),
        ("```{note}\nText.\n```", "> **Note**\n>\n> Text."),
        ("```python\n{term}`x`\n```", "```python\n{term}`x`\n```"),
        ("`weights[i, j]` is {term}`rate`", "`weights[i, j]` is rate"),
    ],
)
def test_myst_becomes_plain_markdown(converter, source, expected):
    assert converter.convert(source) == expected


def test_labels_become_numbers(converter):
    source = "$$a$$ (eq-a)\n\nSee {eq}`eq-a` and {numref}`fig-02-x`."
    converter.collect(source.split("\n"), ["fig-02-x"])
    assert converter.convert(source).endswith("See (1) and Figure 1.")


def test_an_unknown_directive_or_role_is_an_error(converter):
    with pytest.raises(ValueError, match="directive 'tabs'"):
        converter.convert("```{tabs}\n```")
    with pytest.raises(ValueError, match="role"):
        converter.convert("{abc}`x`")


def test_citations_as_text():
    assert references.cite("yoon2025", textual=True).startswith("[Yoon (2025)](https://arxiv.org/")
    both = references.cite("dasfiete2020,pillow2008", textual=False)
    assert "Das and Fiete, 2020" in both
    assert "Pillow et al., 2008" in both


def test_the_notebook_is_plain_stable_and_has_no_outputs():
    text = make_notebooks.notebook(CHAPTER, VALUES)
    assert text == make_notebooks.notebook(CHAPTER, VALUES)
    cells = json.loads(text)["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert not any(cell.get("outputs") for cell in cells)
    prose = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert "62.0 per neuron" in prose
    assert not any(mark in prose for mark in ("```{", "{cite", "{glue", "{term}", "{ref}"))
    assert "colab-badge" in "".join(cells[0]["source"])
    assert "Expected run time" in "".join(cells[0]["source"])


def test_the_setup_cell_never_touches_what_colab_has():
    cell = json.loads(make_notebooks.notebook(CHAPTER, VALUES))["cells"][1]
    source = "".join(cell["source"])
    assert 'find_spec("circuitlib") is None' in source
    assert "--no-deps" in source
    assert f"@v{chapters.project()['version']}" in source
    compile(source, "setup", "exec")
    assert not {"numpy", "torch", "ipykernel"} & make_notebooks.COLAB_LACKS.keys()


def test_every_dependency_is_in_colab_or_named_in_the_setup_cell():
    names = {text.split(">=")[0] for text in chapters.project()["dependencies"]}
    assert names <= make_notebooks.COLAB_HAS | make_notebooks.COLAB_LACKS.keys()


def test_a_changed_chapter_makes_the_notebook_check_fail(tmp_path, capsys):
    shutil.copy(CHAPTER, tmp_path)
    copy = tmp_path / CHAPTER.name
    assert make_notebooks.main(["--book", str(tmp_path)]) == 0
    assert make_notebooks.main(["--book", str(tmp_path), "--check"]) == 0
    copy.write_text(copy.read_text().replace("## Summary", "## In short"))
    assert make_notebooks.main(["--book", str(tmp_path), "--check"]) == 1
    assert "out of date" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "faulty"),
    [
        ("The ring fires at 62.5 Hz.", True),
        ("It takes 16 ms.", True),
        ("Delta is 0.061 {cite:p}`yoon2025`.", False),
        ("We use $r = 0.025$ and `dt=0.1`.", False),
        ("There are 100 neurons and 4 bumps.", False),
        ("| rate | 62.5 |", False),
        ("```python\nx = 0.5\n```", False),
        ("```{note}\nIt is 0.5.\n```", True),
    ],
)
def test_typed_results_are_found(text, faulty):
    assert bool(lint_prose.typed_numbers(text)) == faulty


def test_the_first_chapter_is_clean_and_faults_in_it_are_found():
    text = CHAPTER.read_text()
    assert lint_prose.chapter_faults(CHAPTER.name, text) == []
    for old, new, fault in (
        ("    alt: ", "    title: ", "alt text"),
        ("fig-00-truth", "figure-truth", "must start with"),
        ('"00-rate"', '"rate"', "glued key"),
        ("import numpy as np", "import myst_nb", "imports myst_nb"),
        ("| Run time |", "| Time |", "box row"),
        ("cl.plotting.use_style()", "cl.plotting.use_style()" + 60 * "#", "more than 77 columns"),
        ("Next: ", "After: ", "last line"),
    ):
        found = lint_prose.chapter_faults(CHAPTER.name, text.replace(old, new))
        assert any(fault in line for line in found), fault


def test_glued_values_are_read_from_an_executed_chapter(tmp_path):
    output = {"a": {"data": {"text/plain": "0.5"}}, "b": {"data": {"text/plain": "'two'"}}}
    (tmp_path / "02-x.glue.json").write_text(json.dumps(output))
    assert record_glue.built_values(tmp_path) == {"a": 0.5, "b": "two"}
    (tmp_path / "03-x.glue.json").write_text(json.dumps(output))
    with pytest.raises(ValueError, match="a key of another chapter"):
        record_glue.built_values(tmp_path)


@pytest.mark.parametrize(
    ("body", "check", "text"),
    [
        ('<script src="https://cdn/x.js"></script>', "external_faults", "external script"),
        ("<style>@import '//fonts/x.css'</style>", "external_faults", "external style"),
        ('<img src="x.png" alt=" ">', "image_faults", "no alt text"),
        ('<a href="gone.html">x</a>', "link_faults", "dead link gone.html"),
        ('<a href="#gone">x</a>', "link_faults", "dead anchor #gone"),
        ('<div class="solution"><p>Correct.</p></div>', "exercise_faults", "not shown"),
        ("<article> </article>", "empty_faults", "characters of text"),
    ],
)
def test_the_page_check_finds_faults(tmp_path, body, check, text):
    page = tmp_path / "index.html"
    page.write_text(f"<html><body>{body}</body></html>")
    arguments = [page, tmp_path] if check == "link_faults" else [page]
    faults = getattr(check_book, check)(*arguments)
    assert any(text in fault for fault in faults)


def test_the_browser_finds_a_script_error(tmp_path):
    browser = check_book.find_browser()
    if browser is None:  # a reader's machine may have none; continuous integration installs one
        pytest.skip("no Chromium or Chrome is installed; the pages cannot be opened without it")
    page = tmp_path / "index.html"
    page.write_text("<html><body><script>missing()</script></body></html>")
    assert any("Uncaught" in fault for fault in check_book.browser_faults(page, browser))
    page.write_text("<html><body>Fine.</body></html>")
    assert check_book.browser_faults(page, browser) == []


def test_values_that_drift_from_the_record_are_named():
    recorded = {"a": 1.0, "b": "GNN", "c": 0.001}
    assert check_book.drift({"a": 1.04, "b": "GNN", "c": 0.003}, recorded) == []
    notes = check_book.drift({"a": 1.2, "b": "GLM", "c": 0.001}, recorded)
    assert [note[0] for note in notes] == ["a", "b"]
