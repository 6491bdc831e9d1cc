"""The command line: ``python -m circuitlib simulate | infer | score | reproduce | bench``."""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import NoReturn

from circuitlib.cli import bench, infer, reproduce, score, simulate

_COMMANDS = (simulate, infer, score, reproduce, bench)
_EXAMPLE = """example:
  python -m circuitlib simulate --spiking threshold --duration 480 --seed 0 -o spikes.npz
  python -m circuitlib infer spikes.npz --method gnn -o weights.npz
  python -m circuitlib score weights.npz --truth spikes.npz
  python -m circuitlib reproduce table1 --preset quick --methods gnn,glm-rectified
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Give the reason in one line, without the usage."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="circuitlib",
        description="Infer who is wired to whom in a neural circuit, from spikes alone.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version("circuitlib"))
    commands = parser.add_subparsers(metavar="command", required=True, parser_class=_Parser)
    for command in _COMMANDS:
        name = command.__name__.rpartition(".")[2]
        own = commands.add_parser(name, help=command.HELP)
        command.add_arguments(own)
        own.set_defaults(action=command.run)
    return parser


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    arguments = vars(_parser().parse_args(argv))
    action = arguments.pop("action")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        print(action(**arguments))
    except (ValueError, OSError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        print(f"circuitlib: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("circuitlib: interrupted; run the same command again", file=sys.stderr)
        return 130
    return 0
