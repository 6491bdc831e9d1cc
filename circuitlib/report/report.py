"""A report: one page about a recording, which opens anywhere and without a network."""

import os
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from html import escape
from pathlib import Path
from typing import IO, Any

from circuitlib._npz import ArchiveError, check_replaced, write_atomically
from circuitlib._provenance import content_hash
from circuitlib.files.load import load
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.methods.catalogue import make
from circuitlib.methods.inference import Inferred, inferred
from circuitlib.methods.settings import changed
from circuitlib.recordings.spike_trains import Recording, SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.report.findings import Findings, Origin
from circuitlib.report.gather import Fit, gather
from circuitlib.report.listing import Connection, connections
from circuitlib.report.page import GENERATOR, render
from circuitlib.report.wording import verdict

#: The method of a report that names none.
METHOD = "single-index"
#: Bytes at the beginning of a page in which it says what it is, and pixels of a frame around it.
_HEAD, _FRAME = 400, 640


@dataclass(frozen=True, eq=False)
class Report:
    """A page about a recording, and what it rests on.

    In a notebook it shows itself in a frame.

    Parameters
    ----------
    findings
        All that was found out.
    html
        The page.
    """

    findings: Findings
    html: str

    @property
    def connections(self) -> list[Connection]:
        """The connections that are claimed, the surest first."""
        return connections(self.findings)

    @property
    def verdict(self) -> str:
        """What is claimed, in one sentence."""
        return verdict(self.findings)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the page, whole or not at all.

        Raises
        ------
        ArchiveError
            If it cannot be written.
        """

        def write(stream: IO[bytes]) -> None:
            stream.write(self.html.encode())

        write_atomically(path, write)

    def __repr__(self) -> str:
        return f"<report on {self.findings.origin.name}: {self.verdict}>"

    def _repr_html_(self) -> str:
        """Return a frame that holds the page, for a notebook."""
        return (
            f'<iframe srcdoc="{escape(self.html)}" title="Report" width="100%" height="{_FRAME}" '
            'style="border: 1px solid #999; border-radius: 8px"></iframe>'
        )


def write_report(
    source: object,
    path: str | os.PathLike[str],
    method: str = METHOD,
    *,
    settings: Mapping[str, object] | None = None,
    drop_silent: bool = False,
    seed: int = 0,
    progress: bool = False,
    **reading: Any,
) -> Report:
    """Infer weights from a recording, and write one page that says which of them to believe.

    Parameters
    ----------
    source
        A recording, or what :func:`circuitlib.files.load.load` reads.
    path
        Where the page goes, an ``.html`` file.
    method
        Name of the method; one that gives errors, or there is no list of connections.
    settings
        Hyper-parameters of the method. If the recording has an angle and the method can be told of
        it, it is, unless they hold an `angle`.
    drop_silent
        Leave out neurons that never fire.
    seed
        Seed of the method and of the controls.
    progress
        Show progress bars, with the time that is left.
    reading
        Further arguments of :func:`circuitlib.files.load.load`.

    Returns
    -------
    Report
        The page, and all that it rests on.

    Raises
    ------
    ArchiveError
        If the file cannot be read, or the page cannot be written; the latter before any fit.
    ValueError
        If the recording has too few neurons or spikes, or a setting is out of range.
    """
    began = time.perf_counter()
    check_report(path, *([source] if isinstance(source, str | os.PathLike) else []))
    asked = dict(settings or {})
    estimator = changed(make(method, seed=seed), asked)
    notes: list[str] = []
    with heard(notes):
        recording, origin = _read(source, reading)
    estimator = told(estimator, recording, asked)
    unfitted = replace(estimator)
    kept = {"seed": seed} | origin.reading
    with heard(notes):
        found = inferred(estimator, recording, method, kept, drop_silent, progress=progress)
    made = report_of(recording, unfitted, estimator, found, origin, notes, seed, progress, began)
    made.write(path)
    return made


def report_of(
    recording: Recording,
    unfitted: Any,
    fitted: Any,
    found: Inferred,
    origin: Origin,
    notes: list[str],
    seed: int,
    progress: bool,
    began: float,
) -> Report:
    """Make a report of a fit.

    Parameters
    ----------
    recording
        All of the recording.
    unfitted, fitted
        The method, and its fit.
    found
        What it found.
    origin, notes
        Where the recording comes from, and what was pointed out.
    seed, progress, began
        As for :func:`circuitlib.report.gather.gather`.
    """
    fit = Fit(unfitted, fitted, found, getattr(fitted, "angle", None))
    with warnings.catch_warnings():
        # Of the recording the fit has told already; of controls and other models the page tells.
        warnings.simplefilter("ignore")
        findings = gather(recording, fit, origin, tuple(notes), seed, progress, began)
    return Report(findings, render(findings))


def told(estimator: Any, recording: Recording, asked: Mapping[str, object]) -> Any:
    """Tell a method of the angle of a recording, if there is one and nobody said how."""
    can_be = "angle" in {each.name for each in fields(estimator) if each.init}
    if recording.angle is None or not can_be or "angle" in asked:
        return estimator
    if getattr(estimator, "symmetric", False):  # a regression that takes no angle
        return estimator
    return replace(estimator, angle="tuning")


def check_report(path: str | os.PathLike[str], *inputs: str | os.PathLike[str]) -> None:
    """Refuse to write a page in the place of something else, before any work is done.

    Raises
    ------
    ArchiveError
        If it cannot be written, is an input, or exists and is no report.
    """
    try:
        check_replaced(path, _is_report, *inputs)
    except ArchiveError as error:
        raise ArchiveError(str(error).replace("--output", "--report")) from None


@contextmanager
def heard(notes: list[str]) -> Iterator[None]:
    """Keep what is pointed out, each once, and point it out afterwards."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    told_now = dict.fromkeys(" ".join(str(each.message).split()) for each in caught)
    new = [note for note in told_now if note not in notes]
    notes.extend(new)
    for note in new:
        warnings.warn(note, stacklevel=4)


def _is_report(path: Path) -> bool:
    with path.open("rb") as stream:
        return GENERATOR.encode() in stream.read(_HEAD)


def _read(source: object, reading: dict[str, Any]) -> tuple[Recording, Origin]:
    """Return a recording, and where it comes from."""
    given = {name: _described(value) for name, value in reading.items() if value is not None}
    if isinstance(source, HeadDirectionRecording):
        return source.spikes, Origin(source.source, source.sha256)
    if isinstance(source, Spikes | SpikeTrains):
        return source, Origin("a recording in memory")
    recording = load(source, **reading)
    if not isinstance(source, str | os.PathLike):
        return recording, Origin("a recording in memory")
    file = Path(source)
    return recording, Origin(file.resolve().name, content_hash(file), given)


def _described(value: object) -> object:
    """Return what a page and a weights file can say of an argument."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    parts = value if isinstance(value, list | tuple) else [value]
    if all(isinstance(part, str | int | float) for part in parts):
        return value
    return f"{type(value).__name__} in memory"
