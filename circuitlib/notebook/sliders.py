"""Figures that the reader moves through: live with a kernel, precomputed on a page of the book."""

import base64
import html
import importlib.util
import io
import os
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from circuitlib.notebook import display

STATIC_VARIABLE = "CIRCUITLIB_STATIC"


def slider(
    draw: Callable[[Any], Figure | None],
    values: Sequence[Any],
    *,
    label: str,
    alt: Callable[[Any], str],
    dpi: int = 80,
) -> None:
    """Let the reader move through figures: live with a kernel, precomputed on a static page.

    On a page of the book every figure is drawn in advance and shown by a plain range control,
    which works without a network and from the keyboard.

    Parameters
    ----------
    draw
        Draws the figure for one value, and returns it (or leaves it as the current figure).
    values
        Values of the slider, in order.
    label
        Name of what is varied, shown beside the slider.
    alt
        Sentence that says what the figure shows, for one value.
    dpi
        Resolution of the precomputed figures, dots per inch.

    Raises
    ------
    ValueError
        If there is no value.
    """
    _show(draw, values, label=label, alt=alt, dpi=dpi, play=False)


def film(
    draw: Callable[[Any], Figure | None],
    values: Sequence[Any],
    *,
    label: str,
    alt: Callable[[Any], str],
    dpi: int = 80,
) -> None:
    """Show figures as a short film: a slider with a play button; it never starts by itself.

    Parameters and errors are those of :func:`slider`.
    """
    _show(draw, values, label=label, alt=alt, dpi=dpi, play=True)


def is_live() -> bool:
    """Tell whether a kernel with widgets answers the reader (and no static page is being built)."""
    if os.environ.get(STATIC_VARIABLE) or importlib.util.find_spec("ipywidgets") is None:
        return False
    return getattr(display.shell(), "kernel", None) is not None


def slider_html(
    images: Sequence[bytes],
    texts: Sequence[str],
    alts: Sequence[str],
    label: str,
    play: bool = False,
) -> str:
    """Return the HTML of a slider over PNG images, complete in itself.

    Parameters
    ----------
    images
        One PNG file per position.
    texts
        The value at each position, as the reader sees it.
    alts
        Alternative text of each image.
    label
        Name of what is varied.
    play
        Whether to add a button that plays the images as a film.

    Returns
    -------
    str
        A ``div`` that needs no other script, style or file.
    """
    frames = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(image).decode()}" '
        f'alt="{html.escape(alt)}" data-value="{html.escape(text)}"'
        f"{' hidden' if number else ''}>"
        for number, (image, text, alt) in enumerate(zip(images, texts, alts, strict=True))
    )
    turn = (
        "const box=this.closest('.circuitlib-slider');"
        "box.querySelectorAll('img').forEach((image,k)=>{image.hidden=k!=this.value;"
        "if(!image.hidden){box.querySelector('output').value=image.dataset.value;"
        "this.setAttribute('aria-valuetext',image.dataset.value)}})"
    )
    run = (
        "const box=this.closest('.circuitlib-slider'),bar=box.querySelector('input');"
        "if(box.timer){clearInterval(box.timer);box.timer=null;this.textContent='Play'}"
        "else{this.textContent='Pause';box.timer=setInterval(()=>{"
        "bar.value=bar.value==bar.max?0:+bar.value+1;"
        "bar.dispatchEvent(new Event('input'))},400)}"
    )
    button = f'<button type="button" onclick="{run}">Play</button> ' if play else ""
    first = html.escape(texts[0])
    return (
        f'<div class="circuitlib-slider">{frames}<p>{button}<label>{html.escape(label)} '
        f'<input type="range" min="0" max="{len(images) - 1}" step="1" value="0" '
        f'aria-valuetext="{first}" oninput="{turn}"></label> '
        f'<output aria-live="off">{first}</output></p></div>'
    )


def _show(
    draw: Callable[[Any], Figure | None],
    values: Sequence[Any],
    *,
    label: str,
    alt: Callable[[Any], str],
    dpi: int,
    play: bool,
) -> None:
    if len(values) == 0:
        raise ValueError("`values` must hold at least one value of the slider")
    if is_live():
        _widget(draw, values, label, play)
        return
    if display.shell() is None:
        return
    page = slider_html(
        [_png(draw, value, dpi) for value in values],
        [str(value) for value in values],
        [alt(value) for value in values],
        label,
        play,
    )
    display.show({"text/html": page, "text/plain": f"<slider: {label}>"}, raw=True)


def _widget(
    draw: Callable[[Any], Figure | None], values: Sequence[Any], label: str, play: bool
) -> None:
    import ipywidgets

    def redraw(position: int) -> None:
        figure = _figure(draw, values[position])
        display.show(figure)
        plt.close(figure)

    if play:
        bar: Any = ipywidgets.Play(min=0, max=len(values) - 1, interval=400, description=label)
    else:
        options = [(str(value), position) for position, value in enumerate(values)]
        bar = ipywidgets.SelectionSlider(
            options=options,
            description=label,
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "30em"},
        )
    output = ipywidgets.interactive_output(redraw, {"position": bar})
    display.show(ipywidgets.VBox([bar, output]))


def _figure(draw: Callable[[Any], Figure | None], value: Any) -> Figure:
    drawn = draw(value)
    return drawn if isinstance(drawn, Figure) else plt.gcf()


def _png(draw: Callable[[Any], Figure | None], value: Any, dpi: int) -> bytes:
    figure = _figure(draw, value)
    memory = io.BytesIO()
    figure.savefig(memory, format="png", dpi=dpi)
    plt.close(figure)
    return memory.getvalue()
