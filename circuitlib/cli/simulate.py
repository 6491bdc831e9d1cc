"""``simulate``: simulate spikes of a ring network."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from circuitlib._npz import check_output

HELP = "simulate spikes of a ring network"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("--spiking", choices=("threshold", "lnp"), default="threshold")
    parser.add_argument("--noise", choices=("sparse", "dense"), default="sparse")
    parser.add_argument("--strength", type=float, default=0.025, help="recurrent strength r")
    parser.add_argument("--neurons", type=int, default=100, help="neurons on the ring")
    parser.add_argument("--duration", type=float, default=480.0, help="seconds")
    parser.add_argument(
        "--threshold", type=float, help="spike threshold; tuned values if not given"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="spikes file, .npz")


def run(*, output: Path, strength: float, neurons: int, **settings: Any) -> str:
    """Simulate a recording and save it; return a summary.

    `settings` are further arguments of :func:`circuitlib.simulation.simulator.simulate`.
    """
    from circuitlib.simulation.networks import RingNetwork
    from circuitlib.simulation.simulator import simulate

    check_output(output, {"spike_times", "settings"})
    network = RingNetwork(strength=strength, n_neurons=neurons)
    simulation = simulate(network, progress=True, **settings)
    simulation.save(output)
    return (
        f"{output}: {simulation.n_neurons} neurons, {simulation.duration:g} s, "
        f"{simulation.n_spikes} spikes, {simulation.rates.mean():.1f} Hz on average"
    )
