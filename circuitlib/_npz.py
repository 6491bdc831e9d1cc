"""Safe reading and atomic writing of ``.npz`` files."""

import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import IO, Any

import numpy as np


class ArchiveError(ValueError):
    """A file that cannot be read or written; the message is one line that says what to do."""


def read_archive(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read every array of an ``.npz`` file; pickled objects are refused.

    Parameters
    ----------
    path
        The file to read.

    Returns
    -------
    dict
        The arrays by name.

    Raises
    ------
    ArchiveError
        If the file is missing, not an ``.npz``, truncated, damaged, or holds pickled objects.
    """
    path = Path(path)
    if not path.exists():
        raise ArchiveError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ArchiveError(f"{path}: is a folder; give the path of an .npz file")
    if not zipfile.is_zipfile(path):
        with path.open("rb") as stream:
            truncated = stream.read(4) == b"PK\x03\x04"
        if truncated:
            raise ArchiveError(f"{path}: the file is truncated; make or copy it again")
        raise ArchiveError(f"{path}: not an .npz file; write one with `circuitlib simulate`")
    arrays = {}
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                arrays[name] = archive[name]
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise ArchiveError(
                f"{path}: `{name}` holds pickled objects, which are never loaded; save plain arrays"
            ) from None
        raise ArchiveError(f"{path}: `{name}` is damaged; make or copy the file again") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, SyntaxError) as error:
        raise ArchiveError(f"{path}: damaged ({error}); make or copy the file again") from None
    return arrays


def write_archive(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write arrays to an ``.npz`` file, whole or not at all.

    Parameters
    ----------
    path
        Where the file goes; its folder must exist.
    arrays
        Arrays, numbers and strings by name.

    Raises
    ------
    ArchiveError
        If the folder does not exist or the disk refuses the file. An older file at `path` is kept.
    """

    def write(stream: IO[bytes]) -> None:
        np.savez_compressed(stream, allow_pickle=False, **arrays)

    write_atomically(path, write)


def write_atomically(path: str | os.PathLike[str], write: Callable[[IO[bytes]], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then move it into place."""
    path = Path(path)
    check_writable(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ArchiveError(f"{path}: cannot be written ({reason}); nothing was changed") from error
    finally:
        temporary.unlink(missing_ok=True)


def check_output(
    path: str | os.PathLike[str], replaces: Set[str], *inputs: str | os.PathLike[str]
) -> None:
    """Refuse to write an ``.npz`` file in the place of something else, before any work is done.

    Parameters
    ----------
    path
        The file to be written.
    replaces
        Arrays that only files of its kind hold; an older one of these may be replaced.
    inputs
        Files that are read, whatever the spelling of their paths.

    Raises
    ------
    ArchiveError
        If the file cannot be written, is one of the inputs, or exists and is of another kind.
    """
    path = Path(path)
    check_writable(path)
    if not path.exists():
        return
    for source in map(Path, inputs):
        if source.exists() and path.samefile(source):
            raise ArchiveError(f"{path}: is read by this command; choose another --output")
    if not _holds(path, replaces):
        raise ArchiveError(
            f"{path}: exists and is another kind of file; remove it or choose another --output"
        )


def _holds(path: Path, names: Set[str]) -> bool:
    """Tell whether a path is an ``.npz`` file with these arrays; nothing else is opened."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {f"{name}.npy" for name in names} <= set(archive.namelist())


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise :class:`ArchiveError` if `path` cannot be written, before any work is done for it."""
    path = Path(path)
    if not path.parent.is_dir():
        raise ArchiveError(f"{path.parent}: no such folder; make it first")
    if path.is_dir():
        raise ArchiveError(f"{path}: is a folder; give the name of a file in it")
    if not os.access(path.parent, os.W_OK):
        raise ArchiveError(f"{path.parent}: not writable; choose another folder")


def _umask() -> int:
    """Read the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
