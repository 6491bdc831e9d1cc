"""A static slider is complete, a live one needs a kernel, and plain Python shows nothing."""

import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from circuitlib.notebook import display, sliders


def draw(value):
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.plot([0, value])
    return figure


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
