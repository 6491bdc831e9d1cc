"""``simulate``: simulate spikes of a network."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from circuitlib._npz import check_output

HELP = "simulate spikes of a network"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from circuitlib.simulation.described import KINDS

    parser.add_argument("--network", choices=tuple(KINDS), default="ring")
    parser.add_argument(
        "--spiking", choices=("threshold", "lnp", "exponential"), default="threshold"
    )
    parser.add_argument("--noise", choices=("sparse", "dense"), default="sparse")
    parser.add_argument(
        "--strength",
        type=float,
        help="recurrent strength r; that of the network if not given (ring: 0.025)",
    )
    parser.add_argument("--neurons", type=int, default=100, help="number of neurons")
    parser.add_argument("--width", type=float, help="width of a ring's profile in neurons (7)")
    parser.add_argument("--duration", type=float, default=480.0, help="seconds")
    parser.add_argument(
        "--threshold", type=float, help="spike threshold; tuned values if not given"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="spikes file, .npz")


def run(
    *,
    output: Path,
    network: str,
    strength: float | None,
    neurons: int,
    width: float | None,
    **settings: Any,
) -> str:
    """Simulate a recording and save it; return a summary.

    `settings` are further arguments of :func:`circuitlib.simulation.simulator.simulate`.
    """
    from circuitlib.simulation.described import KINDS
    from circuitlib.simulation.simulator import simulate

    check_output(output, {"spike_times", "settings"})
    if width is not None and network != "ring":
        raise ValueError(f"--width is that of a ring, not of a network of kind {network!r}")
    given: dict[str, Any] = {"strength": strength, "width": width}
    given = {name: value for name, value in given.items() if value is not None}
    simulation = simulate(KINDS[network](n_neurons=neurons, **given), progress=True, **settings)
    simulation.save(output)
    return (
        f"{output}: {simulation.n_neurons} neurons, {simulation.duration:g} s, "
        f"{simulation.n_spikes} spikes, {simulation.rates.mean():.1f} Hz on average"
    )
