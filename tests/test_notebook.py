"""Recorded values, exercise checks and sliders: what a chapter shows and what it refuses."""

import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from circuitlib.notebook import display, sliders
from circuitlib.notebook.cells import GLUE_PREFIX, Table, check, glue


@pytest.fixture
def shown(monkeypatch):
    """A notebook without a kernel that collects what is displayed."""
    things = []
    monkeypatch.setattr(display, "shell", lambda: SimpleNamespace(kernel=None))
    monkeypatch.setattr(display, "show", lambda thing, **options: things.append((thing, options)))
    return things


def draw(value):
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.plot([0, value])
    return figure


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (0.25, "0.25"), (np.float64(0.5), "0.5"), (np.int32(4), "4"), ("four", "'four'")],
)
def test_glue_records_the_value_and_shows_nothing(shown, value, text):
    glue("02-rate", value)
    [(data, options)] = shown
    assert data == {f"{GLUE_PREFIX}text/plain": text}
    assert options["metadata"]["scrapbook"] == {"name": "02-rate", "mime_prefix": GLUE_PREFIX}


def test_glue_does_nothing_in_plain_python(capsys):
    glue("02-rate", 1.0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "value", "error", "text"),
    [
        ("", 1, ValueError, "`name`"),
        ("a:b", 1, ValueError, "without a colon"),
        ("a", float("nan"), ValueError, "must be finite"),
        ("a", np.ones(2), TypeError, "must be a number or a string, got ndarray"),
    ],
)
def test_glue_refuses_what_a_page_cannot_show(name, value, error, text):
    with pytest.raises(error, match=text):
        glue(name, value)


@pytest.mark.parametrize(
    ("answer", "expected", "line"),
    [
        (None, 1.0, "No answer yet."),
        (0.503, 0.5, "Correct."),
        (0.51, 0.5, "Not yet. Think."),
        (4, 4, "Correct."),
        ("four", "four", "Correct."),
        ("four", 4.0, "Not yet. Think."),
        (True, False, "Not yet. Think."),
        ([1.0, 2.0], np.array([1.0, 2.001]), "Correct."),
        ([1.0], np.array([1.0, 1.0]), "Not yet. Think."),
        (7, lambda answer: answer > 6, "Correct."),
        (float("nan"), 0.5, "Not yet. Think."),
    ],
)
def test_check_says_what_the_answer_is_worth(answer, expected, line):
    assert repr(check(answer, expected, hint="Think.")) == line


def test_the_tolerance_is_relative_to_the_expected_answer():
    assert check(104.0, 100.0, tolerance=0.05).passed
    assert not check(106.0, 100.0, tolerance=0.05).passed


@pytest.mark.parametrize("play", [False, True])
def test_a_static_slider_is_complete_and_shows_one_frame(shown, play):
    show = sliders.film if play else sliders.slider
    show(draw, [1, 2, 3], label="size <s>", alt=lambda value: f'A line up to "{value}".')
    page = shown[0][0]["text/html"]
    assert page.count('src="data:image/png;base64,') == 3
    assert page.count(" hidden>") == 2
    assert re.findall(r'alt="([^"]*)"', page)[2] == "A line up to &quot;3&quot;."
    assert "size &lt;s&gt;" in page
    assert 'type="range" min="0" max="2"' in page
    assert "http" not in re.sub(r"base64,[^\"]*", "", page)
    assert ("<button" in page) == play
    assert not plt.get_fignums()


def test_a_slider_is_silent_in_plain_python_and_draws_nothing():
    def fail(value):
        raise AssertionError(value)

    sliders.slider(fail, [1], label="x", alt=str)


def test_a_slider_needs_values():
    with pytest.raises(ValueError, match="at least one value"):
        sliders.slider(draw, [], label="x", alt=str)


def test_widgets_need_a_kernel_and_no_static_build(monkeypatch):
    pytest.importorskip("ipywidgets")
    monkeypatch.delenv(sliders.STATIC_VARIABLE, raising=False)
    assert not sliders.is_live()
    monkeypatch.setattr(display, "shell", lambda: SimpleNamespace(kernel=object()))
    assert sliders.is_live()
    monkeypatch.setenv(sliders.STATIC_VARIABLE, "1")
    assert not sliders.is_live()


def test_a_table_is_html_in_a_notebook():
    page = Table("A < B.", ["method", "Delta"], [["GLM", "0.3"]])._repr_html_()
    assert "<caption>A &lt; B.</caption>" in page
    assert '<th scope="col">Delta</th>' in page
    assert "GLM</th><td>0.3</td>" in page


def test_a_table_refuses_a_row_of_another_length():
    with pytest.raises(ValueError, match="must have 2 entries"):
        Table("", ["method", "Delta"], [["GLM"]])
