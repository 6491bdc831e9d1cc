"""``inspect``: tell what a recording holds, and what looks wrong in it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from circuitlib.cli.reading import add_reading

HELP = "tell what a recording holds, and what looks wrong in it"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_reading(parser)
    parser.add_argument("--seed", type=int, default=0, help="not used: nothing is random")


def run(
    *, spikes: Path, units: object, epochs: object, head_angle: str | None, seed: int, **clock: Any
) -> str:
    """Describe a recording and what the methods need for it.

    `clock` are further arguments of :func:`circuitlib.files.load.load`.
    """
    from circuitlib.experiments.cost import estimate
    from circuitlib.files.clock import Clock
    from circuitlib.files.inspection import contents, inspect
    from circuitlib.methods.catalogue import METHODS
    from circuitlib.simulation.effort import in_words

    print("\n".join(contents(spikes, Clock(**clock))))
    recording, lines = inspect(spikes, **clock, units=units, epochs=epochs, head_angle=head_angle)
    costs = {
        label: estimate(label, recording.n_neurons, recording.duration)
        for method in METHODS.values()
        for label in method.labels
    }
    known = {label: cost for label, cost in costs.items() if cost is not None}
    machine = max((cost.machine for cost in known.values()), key=len, default="none")
    lines.append(f"methods        time, as in the stored runs ({machine}):")
    lines += [f"  {label:24} about {in_words(cost.seconds)}" for label, cost in known.items()]
    return "\n".join(lines)
