"""Figures and files that lie within a page: ``data:`` addresses, so that nothing is fetched."""

import base64
import gzip
import io

import numpy as np
from matplotlib.figure import Figure

#: Dots per inch: twice those of a page, on which a figure of six inches is 660 pixels wide.
_DPI = 220
#: Bytes of a table from which on it is compressed.
_LARGE = 2_000_000


def image(figure: Figure) -> str:
    """Return a figure as a PNG."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI, metadata={"Software": None})
    return _address("image/png", stream.getvalue())


def text_file(text: str) -> tuple[str, str]:
    """Return a CSV, and the ending of its name; a large one is compressed."""
    content = text.encode()
    if len(content) <= _LARGE:
        return _address("text/csv;charset=utf-8", content), ".csv"
    return _address("application/gzip", gzip.compress(content, mtime=0)), ".csv.gz"


def archive(arrays: dict[str, np.ndarray]) -> str:
    """Return arrays as an NPZ."""
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return _address("application/octet-stream", stream.getvalue())


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
