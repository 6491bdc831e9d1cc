"""``bench``: compare fast paths with their plain counterparts."""

import json as json_text
from argparse import ArgumentParser

HELP = "compare fast paths with their plain counterparts"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(*, json: bool) -> str:
    """Compare the fast paths of the library with their plain counterparts; return a report."""
    from circuitlib._provenance import commit, hardware, software_versions
    from circuitlib.experiments.benchmarks import benchmarks

    ratios = [ratio._asdict() for ratio in benchmarks()]
    if json:
        origin = {"versions": software_versions(), "commit": commit(), "hardware": hardware("cpu")}
        return json_text.dumps({"ratios": ratios} | origin, indent=1)
    return "\n".join(
        f"{row['name']:48} {row['ratio']:8.1f} times as fast "
        f"({row['plain']:.3g} s against {row['fast']:.3g} s; equal within {row['difference']:.0e})"
        for row in ratios
    )
