"""``reproduce``: carry out the runs of an experiment that are not stored yet."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from circuitlib._npz import check_writable
from circuitlib.experiments.catalogue import EXPERIMENTS

#: The figure of the paper that needs a recording from an animal.
_SESSION = "fig5"
HELP = "carry out the runs of an experiment that are not stored yet"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("experiment", choices=(*EXPERIMENTS, _SESSION))
    parser.add_argument("--seeds", type=int, help="data seeds 0 to N - 1; usually 1 or 3")
    parser.add_argument("--preset", choices=("quick", "paper"), default="paper")
    parser.add_argument("--methods", default="", help="names with commas between; usually all")
    parser.add_argument("--duration", type=float, help="seconds of every recording, for a trial")
    parser.add_argument("--device", default="cpu", help="where torch computes: cpu, cuda")
    parser.add_argument(
        "--output", type=Path, help="folder of the runs; book/results/runs in a checkout"
    )


def run(*, output: Path | None, methods: str, experiment: str, **settings: Any) -> str:
    """Carry out the runs of an experiment; return a table of them.

    `settings` are further arguments of :func:`circuitlib.experiments.run.reproduce`.
    """
    from circuitlib.experiments.run import reproduce
    from circuitlib.experiments.store import results_folder

    folder = results_folder() if output is None else output
    if output is None and not folder.is_dir():
        raise ValueError("give --output, a folder for the runs; this is no checkout")
    if not folder.is_dir():
        check_writable(folder)
    if experiment == _SESSION:
        return _reproduce_session(folder)
    names = tuple(name for name in methods.split(",") if name)
    return reproduce(output=folder, methods=names, experiment=experiment, **settings)


def _reproduce_session(folder: Path) -> str:
    """Carry out the fits to the recording of head-direction cells."""
    from circuitlib.head_direction.session_runs import reproduce_session, session_at_hand

    return reproduce_session(session_at_hand(), folder)
