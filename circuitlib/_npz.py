"""Safe reading and atomic writing of ``.npz`` files, and of the JSON texts in them."""

import json
import math
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Set
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np

#: Arrays are held so many times at once, at most, until a recording is made of them.
_COPIES = 2
#: Bytes of the longest array of texts, and characters and levels of the largest JSON text.
_MOST_TEXT, _LONGEST_JSON, _DEEPEST_JSON = 2**26, 1_000_000, 10


class ArchiveError(ValueError):
    """A file that cannot be read or written; the message is one line that says what to do."""


def read_archive(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read every array of an ``.npz`` file; pickled objects are refused.

    What the file claims of its arrays is checked before one of them is read.

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
        If the file is missing, not an ``.npz``, truncated, damaged, or holds pickled objects, very
        long texts, or more than fits into the memory of the machine.
    """
    path = Path(path)
    if not path.exists():
        raise ArchiveError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ArchiveError(f"{path}: is a folder; give the path of an .npz file")
    if not path.is_file():
        raise ArchiveError(f"{path}: is a device or a pipe; give the path of an .npz file")
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as stream:
                truncated = stream.read(4) == b"PK\x03\x04"
            if truncated:
                raise ArchiveError(f"{path}: the file is truncated; make or copy it again")
            raise ArchiveError(f"{path}: not an .npz file; write one with `circuitlib simulate`")
        _check_claims(path)
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except ArchiveError:
        raise
    # zipfile, the decompressors and NumPy raise a dozen kinds of errors at damaged content.
    except Exception as error:
        reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
        raise ArchiveError(f"{path}: damaged ({reason}); make or copy the file again") from None


def _check_claims(path: Path) -> None:
    """Refuse an archive by its directory and the headers of its arrays; no array is read."""
    needed = 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name == member.filename or not name.isprintable():
                raise ArchiveError(f"{path}: not an .npz file (it holds {name!r:.60})")
            dtype, shape, size = _header(archive, member)
            if dtype.hasobject:
                raise ArchiveError(
                    f"{path}: `{name}` holds pickled objects, which are never loaded; "
                    "save plain arrays"
                )
            if min(shape, default=0) < 0 or size != dtype.itemsize * math.prod(shape):
                raise ArchiveError(f"{path}: `{name}` is damaged; make or copy the file again")
            if dtype.kind in "SU" and size > _MOST_TEXT:
                raise ArchiveError(f"{path}: `{name}` holds {size / 1e6:.3g} MB of text; remove it")
            needed += size
    if _COPIES * needed > machine_memory():
        raise ArchiveError(
            f"{path}: claims to hold {needed / 1e9:.3g} GB, which does not fit into the memory of "
            f"this machine ({machine_memory() / 1e9:.3g} GB); cut the recording into parts"
        )


def _header(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Read type and shape of a stored array, and the bytes that follow."""
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    with archive.open(member) as stream:
        shape, _, dtype = readers[np.lib.format.read_magic(stream)](stream)
        return dtype, shape, member.file_size - stream.tell()


def machine_memory() -> float:
    """Return the bytes of memory of the machine; infinity where that is not known."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return math.inf


def read_json(text: object, what: str) -> dict[str, Any]:
    """Read a JSON object that a file holds as text.

    Parameters
    ----------
    text
        The text, or an array of one text.
    what
        Its name, for errors.

    Returns
    -------
    dict
        The object; its numbers are finite.

    Raises
    ------
    ValueError
        If it is no text, too long, nested too deep, not JSON, not an object, or holds a number that
        is not finite.
    """
    if isinstance(text, np.ndarray) and text.dtype.kind == "U" and text.size == 1:
        text = str(text.item())
    if not isinstance(text, str):
        raise ValueError(f"`{what}` must be a text, got {type(text).__name__}")
    if len(text) > _LONGEST_JSON:
        raise ValueError(f"`{what}` is too long ({len(text)} characters)")
    try:
        value = json.loads(text)
        too_deep = _depth(value) > _DEEPEST_JSON
    except json.JSONDecodeError as error:
        raise ValueError(f"`{what}` is not JSON ({error})") from None
    except RecursionError:
        too_deep = True
    if too_deep:
        raise ValueError(f"`{what}` is nested more than {_DEEPEST_JSON} levels deep")
    if not isinstance(value, dict):
        raise ValueError(f"`{what}` must be a JSON object, got {type(value).__name__}")
    return value


def _depth(value: object) -> int:
    """Count the levels of nested values; raise `ValueError` if a number is not finite."""
    level, depth = [value], 0
    while level:
        for number in level:
            if isinstance(number, float) and not math.isfinite(number):
                raise ValueError(f"{number} is no finite number")
        insides = [each for each in level if isinstance(each, list)]
        insides += [list(each.values()) for each in level if isinstance(each, dict)]
        level, depth = list(chain.from_iterable(insides)), depth + 1
    return depth


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
    check_replaced(path, lambda old: _holds(old, replaces), *inputs)


def check_replaced(
    path: str | os.PathLike[str],
    is_same_kind: Callable[[Path], bool],
    *inputs: str | os.PathLike[str],
) -> None:
    """Do as :func:`check_output` for any kind of file; `is_same_kind` looks into an older one."""
    path = Path(path)
    check_writable(path)
    if not path.exists():
        return
    for source in map(Path, inputs):
        if source.exists() and path.samefile(source):
            raise ArchiveError(f"{path}: is read by this command; choose another --output")
    if not is_same_kind(path):
        raise ArchiveError(
            f"{path}: exists and is another kind of file; remove it or choose another --output"
        )


def _holds(path: Path, names: Set[str]) -> bool:
    """Tell whether a path is an ``.npz`` file with these arrays; nothing else is opened."""
    if not zipfile.is_zipfile(path):
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
    if path.exists() and not path.is_file():
        raise ArchiveError(
            f"{path}: exists and is another kind of file, a device or a pipe; choose another name"
        )
    if not os.access(path.parent, os.W_OK):
        raise ArchiveError(f"{path.parent}: not writable; choose another folder")


def _umask() -> int:
    """Read the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
