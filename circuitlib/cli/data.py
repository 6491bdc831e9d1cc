"""``data``: list, fetch and check public recordings of head-direction cells."""

from argparse import ArgumentParser
from pathlib import Path

from circuitlib._npz import ArchiveError
from circuitlib.head_direction.archives import ARCHIVES, data_folder

HELP = "list, fetch and check public recordings"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.description = (
        "list tells what can be fetched and what is here. fetch downloads sessions, goes on where "
        "an earlier download was broken off, and verifies them. check verifies and reads what is "
        "here."
    )
    parser.add_argument("task", choices=("list", "fetch", "check"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ARCHIVES))
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where the files are; head_direction in the folder that CIRCUITLIB_DATA names, or the "
        "user's cache",
    )
    parser.add_argument("--seed", type=int, default=0, help="not used: nothing is random")


def run(*, task: str, names: list[str], to: Path | None, seed: int) -> str:
    """Do one of the tasks; return a summary."""
    for name in names:
        if name not in ARCHIVES:
            raise ArchiveError(f"no session {name!r}; choose one of {', '.join(ARCHIVES)}")
    try:
        folder = data_folder(to).absolute()
        tasks = {"list": _list, "fetch": _fetch, "check": _check}
        return tasks[task](names, folder)
    except ImportError as error:  # its text says what to install
        raise ArchiveError(str(error)) from None


def _list(names: list[str], folder: Path) -> str:
    lines = []
    for archive in (ARCHIVES[name] for name in names or ARCHIVES):
        lines += [
            archive.name,
            f"  what     {archive.what}",
            f"  size     {archive.size}",
            f"  licence  {archive.licence}",
            f"  from     {archive.origin}",
            f"  cite     {archive.cite}",
            f"  state    {archive.state(folder)}",
        ]
    return "\n".join([*lines, f"folder: {folder}"])


def _fetch(names: list[str], folder: Path) -> str:
    from circuitlib.head_direction.fetching import fetch

    if not names:
        raise ArchiveError(f"fetch needs a name: {', '.join(ARCHIVES)}")
    lines = []
    for archive in (ARCHIVES[name] for name in names):
        path = fetch(archive, folder, progress=True)
        verified = (
            "written from parts of the published file, whose sha256 can only be checked in whole"
            if archive.is_streamed
            else "sha256 as published"
        )
        lines += [
            f"{path}: {path.stat().st_size / 1e6:.1f} MB, {verified}",
            f"  read it with cl.load_head_direction({str(path)!r})",
            f"  cite {archive.cite}",
        ]
    return "\n".join(lines)


def _check(names: list[str], folder: Path) -> str:
    from circuitlib.head_direction.fetching import check

    if names:
        paths = [folder / ARCHIVES[name].file for name in names]
    else:
        paths = sorted(folder.glob("[!.]*.npz")) + sorted(folder.glob("[!.]*.nwb"))
    if not paths:
        raise ArchiveError(f"{folder}: holds no recording; `data list` tells what can be fetched")
    wrong = []
    for path in paths:
        try:
            print(check(path))
        except ArchiveError as error:
            print(error)
            wrong.append(path.name)
    if wrong:
        raise ArchiveError(
            f"{len(wrong)} of {len(paths)} not as they should be: {', '.join(wrong)}"
        )
    return f"{len(paths)} of {len(paths)} as they should be"
