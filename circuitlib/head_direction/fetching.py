"""The download of public sessions of head-direction cells, and a check of what is here."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from circuitlib._npz import ArchiveError, check_writable, write_archive, write_atomically
from circuitlib._provenance import content_hash
from circuitlib.head_direction.archives import (
    ARCHIVES,
    KNOWN_SHA256,
    Archive,
    data_folder,
    note_of,
    partial_of,
)
from circuitlib.head_direction.download import Connection, Resuming
from circuitlib.head_direction.files import load_head_direction
from circuitlib.head_direction.streaming import stream_session


def fetch_head_direction(
    folder: str | os.PathLike[str] | None = None, *, name: str = "Mouse32-140822"
) -> Path:
    """Download a public session of head-direction cells once, and check its hash.

    Parameters
    ----------
    folder
        Where to keep the file. If None, the folder ``head_direction`` in the one that the
        environment variable ``CIRCUITLIB_DATA`` names; without it, the user's cache folder.
    name
        "Mouse32-140822" (37 MB), "A2929-200711", or "Mouse12-120806", of which only units, head
        angle and epochs are read: the published hash of its 30.6 GB is then not checked.

    Returns
    -------
    pathlib.Path
        The file, for :func:`load_head_direction`.

    Raises
    ------
    ImportError
        If pooch, or pynwb for a session that is read in parts, is not installed.
    ArchiveError
        If the download fails or its content is not the published one.

    References
    ----------
    Peyrache, Lacroix, Petersen & Buzsaki (2015), doi:10.1038/nn.3968.
    """
    if name not in ARCHIVES:
        raise ValueError(f"no session {name!r}; choose one of {', '.join(ARCHIVES)}")
    return fetch(ARCHIVES[name], data_folder(folder))


def fetch(
    archive: Archive, folder: Path, connection: Connection | None = None, *, progress: bool = False
) -> Path:
    """Download one session to a folder, which is made, unless it is there; return its file."""
    try:
        import pooch
    except ImportError:
        raise ImportError(
            'a download needs pooch; install it with: pip install "circuitlib[data]"'
        ) from None
    connection = connection or Connection()
    path = (folder / archive.file).absolute()
    with _explained(archive, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if archive.is_streamed:
            _fetch_part(archive, path, connection, progress)
            return path
        logger = pooch.get_logger()
        level = logger.level
        logger.setLevel("WARNING")  # it tells of every download
        try:
            _fetch_whole(archive, path, Resuming(connection, partial_of(path), progress))
        finally:
            logger.setLevel(level)
    return path


def _fetch_whole(archive: Archive, path: Path, downloader: Resuming) -> None:
    """Download a file, and move it into place once its hash is right."""
    import pooch

    for is_last in (False, True):
        try:
            pooch.retrieve(
                archive.url,
                f"sha256:{archive.sha256}",
                path.name,
                path.parent,
                downloader=downloader,
            )
            return
        except ArchiveError:
            raise
        except ValueError as error:
            # The first part may be of another file than the rest: once more, from the start.
            if is_last or not downloader.has_resumed:
                reason = " ".join(str(error).split())
                raise ArchiveError(f"{archive.url}: not the published file ({reason})") from None


def _fetch_part(archive: Archive, path: Path, connection: Connection, progress: bool) -> None:
    """Read the needed parts of a file, write them, and note the hash of what was written."""
    if path.is_file() and archive.expected(path.parent) == content_hash(path):
        return
    check_writable(path)
    arrays = stream_session(archive.url, connection, progress=progress)
    origin = {
        "source": archive.origin,
        "source_url": archive.url,
        "source_published_sha256": archive.sha256,
        "source_sha256_was_checked": False,  # that would need the whole file
        "licence": archive.licence,
        "cite": archive.cite,
    }
    write_archive(path, arrays | origin)
    try:
        load_head_direction(path)
    except ArchiveError:
        path.unlink()
        raise
    note = f"{content_hash(path)}  {path.name}\n"

    def write(stream: IO[bytes]) -> None:
        stream.write(note.encode())

    write_atomically(note_of(path), write)


@contextmanager
def _explained(archive: Archive, path: Path) -> Iterator[None]:
    """Add to an error what can be done about it."""
    try:
        yield
    except ArchiveError as error:
        advice = "try again later"
        if partial_of(path).is_file():
            advice += " to go on from what is kept"
        if not archive.is_streamed:
            advice += (
                f", or fetch {archive.url} with a browser, save it as {path} and run "
                f"{command('check', archive, path.parent)}"
            )
        raise ArchiveError(f"{error}; {advice}") from None
    except OSError as error:
        raise ArchiveError(
            f"{path}: cannot be written ({error.strerror or error}); make room or choose another "
            f"folder (--to), and run {command('fetch', archive, path.parent)} again to go on"
        ) from None


def command(task: str, archive: Archive, folder: Path) -> str:
    """Return the command that does something with a session in a folder."""
    where = "" if folder == data_folder().absolute() else f" --to {shlex.quote(str(folder))}"
    return f"`python -m circuitlib data {task} {archive.name}{where}`"


def check(path: Path) -> str:
    """Verify and read a recording; return a line about it.

    Parameters
    ----------
    path
        A file of one of the sessions, or any other that ``load_head_direction`` reads.

    Raises
    ------
    ArchiveError
        If it is not here, damaged, or not read.
    """
    path = path.absolute()
    archive = next((each for each in ARCHIVES.values() if each.file == path.name), None)
    again = command("fetch", archive, path.parent) if archive else "what made it"
    if not path.is_file():
        raise ArchiveError(f"{path}: not here; run {again}")
    found = content_hash(path)
    expected = archive.expected(path.parent) if archive else KNOWN_SHA256.get(path.name)
    if expected not in (None, found):
        raise ArchiveError(
            f"{path}: damaged, its sha256 is {found} instead of {expected}; remove it and run "
            f"{again}"
        )
    try:
        recording = load_head_direction(path)
    except ArchiveError as error:
        known = "though its sha256 is right" if expected else f"remove it and run {again}"
        raise ArchiveError(f"{error} ({known})") from None
    spikes = recording.spikes
    return (
        f"{path.name}: {'verified' if expected else 'sha256 not known'}, "
        f"{path.stat().st_size / 1e6:.1f} MB, {spikes.n_neurons} cells, "
        f"{spikes.duration / 60:.1f} minutes, {len(spikes.starts)} runs"
    )
