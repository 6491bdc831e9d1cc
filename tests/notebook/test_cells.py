"""Recorded values, exercise checks and tables: what a chapter shows and what it refuses."""

import numpy as np
import pytest

from circuitlib.notebook.cells import GLUE_PREFIX, Table, check, glue


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


def test_a_table_is_html_in_a_notebook():
    page = Table("A < B.", ["method", "Delta"], [["GLM", "0.3"]])._repr_html_()
    assert "<caption>A &lt; B.</caption>" in page
    assert '<th scope="col">Delta</th>' in page
    assert "GLM</th><td>0.3</td>" in page


def test_a_deviation_stays_in_the_line_of_its_sign():
    page = Table("", ["method", "Delta"], [["GLM", "0.3 ± 0.1"]])._repr_html_()
    assert "<td>0.3 ±&nbsp;0.1</td>" in page


def test_a_table_refuses_a_row_of_another_length():
    with pytest.raises(ValueError, match="must have 2 entries"):
        Table("", ["method", "Delta"], [["GLM"]])
