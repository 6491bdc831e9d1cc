"""``export``: write weights as a table or a graph that other programs read."""

import csv
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from circuitlib._npz import ArchiveError, check_replaced, write_atomically

HELP = "write weights as a table or a graph"
#: What XML cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Bytes at the start of a file that tell its kind.
_HEAD = 1000


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("weights", type=Path, help="weights file, .npz")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="table, .csv, or graph, .graphml"
    )
    parser.add_argument("--seed", type=int, default=0, help="not used: nothing is random")


def run(*, weights: Path, output: Path, seed: int) -> str:
    """Write weights in the form that the ending of `output` names; return a summary."""
    from circuitlib.methods.weights_file import load_weights

    if output.suffix not in (".csv", ".graphml"):
        raise ArchiveError(f"{output}: must end in .csv or .graphml; choose another --output")
    is_table = output.suffix == ".csv"
    check_replaced(output, _is_table if is_table else _is_graph, weights)
    inferred = load_weights(weights)
    if is_table:
        inferred.to_csv(output)
    else:
        for unit in inferred.units:
            if _NOT_XML.search(unit):
                raise ArchiveError(
                    f"{output}: GraphML cannot hold the name {unit!r}; write a .csv instead"
                )
        _write_graph(output, inferred.to_networkx())
    n_pairs = sum(1 for _ in inferred.pairs())
    return f"{output}: {n_pairs} weights between {len(inferred.units)} neurons"


def _write_graph(path: Path, graph: Any) -> None:
    """Write a NetworkX graph, whole or not at all."""
    import networkx  # type: ignore[import-untyped]

    def write(stream: IO[bytes]) -> None:
        networkx.write_graphml(graph, stream)

    write_atomically(path, write)


def _is_table(path: Path) -> bool:
    """Tell whether a file is a table of weights, by its first line."""
    from circuitlib.methods.weights_file import CSV_HEADER

    with path.open(newline="", encoding="utf-8", errors="replace") as stream:
        return next(csv.reader([stream.readline(_HEAD)]), None) == list(CSV_HEADER)


def _is_graph(path: Path) -> bool:
    """Tell whether a file is GraphML, by the start of its text."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    return head.startswith(b"<?xml") and b"<graphml" in head
