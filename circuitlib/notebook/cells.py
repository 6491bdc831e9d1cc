"""What a chapter of the book needs besides its science: recorded values, checks and tables.

Every function works in three places: in a chapter while the book is built, in a live notebook
(Jupyter, Colab), and in plain Python, where those that only display something do nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from circuitlib.notebook import display

GLUE_PREFIX = "application/papermill.record/"


def glue(name: str, value: object) -> None:
    """Record a value under a name, so that the text of the book can show it.

    Nothing is visible in the notebook. In plain Python the call does nothing.

    Parameters
    ----------
    name
        Key, for example ``"02-threshold-rate"``: chapter number, then lower-case words.
    value
        A number, a string or a truth value; NumPy scalars become Python ones.

    Raises
    ------
    ValueError
        If the number is not finite, or the name is empty or holds a colon.
    TypeError
        If the value is something else, for example an array.
    """
    if not name or ":" in name:
        raise ValueError(f"`name` must be a key without a colon, got {name!r}")
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, bool | int | float | str):
        raise TypeError(f"`value` must be a number or a string, got {type(value).__name__}")
    if isinstance(value, float) and not np.isfinite(value):
        raise ValueError(f"`value` of {name!r} must be finite, got {value}")
    display.show(
        {f"{GLUE_PREFIX}text/plain": repr(value)},
        raw=True,
        metadata={"scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX}},
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of an exercise check; shows itself as one line.

    Parameters
    ----------
    passed
        Whether the answer is right; None if there is no answer yet.
    hint
        What to think of next, shown with a wrong answer.
    """

    passed: bool | None
    hint: str = ""

    def __repr__(self) -> str:
        """Return the line that the reader sees."""
        if self.passed is None:
            return "No answer yet."
        return "Correct." if self.passed else f"Not yet. {self.hint}".strip()


def check(answer: Any, expected: Any, *, tolerance: float = 0.01, hint: str = "") -> Verdict:
    """Check the answer to an exercise.

    Parameters
    ----------
    answer
        The reader's answer; None means that there is none yet.
    expected
        The right answer: a string, truth value or whole number (must be equal), a float or an
        array (equal within `tolerance` and in shape), or a function ``answer -> bool``.
    tolerance
        Allowed error relative to the largest magnitude of the expected answer.
    hint
        One sentence for a reader whose answer is wrong.

    Returns
    -------
    Verdict
        Displays as "Correct.", "Not yet." with the hint, or "No answer yet.".

    Examples
    --------
    >>> check(0.503, 0.5)
    Correct.
    >>> check(3, 4, hint="Count the bumps.")
    Not yet. Count the bumps.
    >>> check(None, 4)
    No answer yet.
    """
    if answer is None:
        return Verdict(None, hint)
    return Verdict(_is_right(answer, expected, tolerance), hint)


def _is_right(answer: Any, expected: Any, tolerance: float) -> bool:
    if callable(expected):
        return bool(expected(answer))
    if isinstance(expected, str | bool | int):
        return bool(np.all(answer == expected))
    try:
        given, right = np.asarray(answer, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError):
        return False
    if given.shape != right.shape:
        return False
    scale = float(np.abs(right).max(initial=0.0)) or 1.0
    return bool((np.abs(given - right) <= tolerance * scale).all())


@dataclass(frozen=True)
class Table:
    """A table of text that a notebook shows as such, and plain Python as aligned lines.

    Parameters
    ----------
    caption
        What the table holds, in one sentence.
    head
        Titles of the columns.
    rows
        Rows of text, each as long as `head`; the first entry names the row.

    Raises
    ------
    ValueError
        If a row has another length.

    Examples
    --------
    >>> Table("Error of two methods.", ["method", "Delta"], [["GLM", "0.3"], ["GNN", "0.05"]])
    Error of two methods.
    method  Delta
    GLM     0.3
    GNN     0.05
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"`rows` must have {len(self.head)} entries each, got {list(row)}")

    def __repr__(self) -> str:
        """Return the aligned lines."""
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([self.caption, *padded])

    def _repr_html_(self) -> str:
        """Return the table as HTML, which IPython asks for."""
        head = "".join(f'<th scope="col">{escape(title)}</th>' for title in self.head)
        body = "".join(
            f'<tr><th scope="row" style="text-align: left">{escape(name)}</th>'
            + "".join(f"<td>{_whole(escape(entry))}</td>" for entry in entries)
            + "</tr>"
            for name, *entries in self.rows
        )
        return (
            f'<table class="table"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def _whole(entry: str) -> str:
    """Keep a deviation in the line of its sign."""
    return entry.replace("± ", "±&nbsp;")
