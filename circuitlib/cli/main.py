"""The command line: ``python -m circuitlib simulate | infer | score | export | ...``."""

import argparse
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

_EXAMPLE = """example:
  python -m circuitlib simulate --spiking threshold --duration 480 --seed 0 -o spikes.npz
  python -m circuitlib infer spikes.npz --method gnn -o weights.npz
  python -m circuitlib infer spikes.npz --report report.html
  python -m circuitlib score weights.npz --truth spikes.npz
  python -m circuitlib export weights.npz -o weights.csv
  python -m circuitlib reproduce table1 --preset quick --methods gnn,glm-rectified
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Give the reason in one line, without the usage."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    """Make the parser; the commands are loaded here, so that an interrupt meanwhile is caught."""
    from importlib.metadata import version

    from circuitlib.cli import bench, data, export, infer, inspect, reproduce, score, simulate

    parser = _Parser(
        prog="circuitlib",
        description="Infer who is wired to whom in a neural circuit, from spikes alone.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version("circuitlib"))
    commands = parser.add_subparsers(metavar="command", required=True, parser_class=_Parser)
    for command in (simulate, inspect, infer, score, export, data, reproduce, bench):
        name = command.__name__.rpartition(".")[2]
        own = commands.add_parser(name, help=command.HELP)
        command.add_arguments(own)
        own.set_defaults(action=command.run)
    return parser


class _Interrupt:
    """Breaks off, and remembers it: what is broken off may raise other errors than its own."""

    came = False

    def __call__(self, *_: object) -> NoReturn:
        self.came = True
        raise KeyboardInterrupt


@contextmanager
def _notes() -> Iterator[None]:
    """Print each warning once and in one line, above a progress bar."""
    shown = set()

    def show(message: Warning | str, *_: object) -> None:
        from tqdm import tqdm

        text = " ".join(str(message).split())
        if text not in shown:
            shown.add(text)
            tqdm.write(f"circuitlib: note: {text}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show  # type: ignore[assignment]  # category and line are not shown
        yield


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    interrupt = _Interrupt()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as it is in the background of a shell
            signal.signal(number, interrupt)
    try:
        arguments = vars(_parser().parse_args(argv))
        action = arguments.pop("action")
        with _notes():
            print(action(**arguments))
        return 0
    except BaseException as error:
        if interrupt.came or isinstance(error, KeyboardInterrupt):
            status, reason = 130, "interrupted; run the same command again"
        elif isinstance(error, ValueError | OSError | MemoryError):
            status, reason = 2, " ".join(str(error).split()) or type(error).__name__
        else:
            raise
    print(f"circuitlib: {reason}", file=sys.stderr)
    return status
