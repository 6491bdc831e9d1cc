"""``simulate``: simulate spikes of a network."""

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from circuitlib._npz import check_output

if TYPE_CHECKING:
    from circuitlib.recordings.angle import Angle

HELP = "simulate spikes of a network"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from circuitlib.simulation.described import KINDS
    from circuitlib.simulation.inputs import Input

    usual = Input()
    parser.add_argument("--network", choices=tuple(KINDS), default="ring")
    parser.add_argument(
        "--profile",
        choices=("ring", "single-bump"),
        dest="network",
        help="weight profile of a ring: the same as --network",
    )
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
    parser.add_argument(
        "--input",
        metavar="KIND",
        help="an angle that shifts the weights of a ring: sinusoid, ornstein-uhlenbeck, or a .csv "
        "with the columns time (s) and angle (radians)",
    )
    parser.add_argument(
        "--input-size",
        type=float,
        default=usual.size,
        help=f"amplitude or standard deviation of the shift, in neurons ({usual.size})",
    )
    parser.add_argument(
        "--input-time",
        type=float,
        default=usual.time,
        help=f"period or time constant in seconds ({usual.time:g})",
    )
    parser.add_argument("--input-gain", type=float, default=1.0, help="gain of the angle (1)")
    parser.add_argument("--input-rounding", choices=("nearest", "floor"), default="nearest")
    parser.add_argument(
        "--observe",
        type=int,
        metavar="N",
        help="keep the spikes of N neurons only, drawn by the seed; all true weights are kept",
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
    input: str | None,
    input_size: float,
    input_time: float,
    input_gain: float,
    input_rounding: Any,
    observe: int | None,
    duration: float,
    seed: int,
    **settings: Any,
) -> str:
    """Simulate a recording and save it; return a summary.

    `settings` are further arguments of :func:`circuitlib.simulation.simulator.simulate`.
    """
    from circuitlib.experiments.subset import Subset
    from circuitlib.simulation.described import KINDS
    from circuitlib.simulation.simulator import simulate
    from circuitlib.simulation.steering import Steering

    check_output(output, {"spike_times", "settings"})
    if observe is not None and not 2 <= observe <= neurons:
        raise ValueError(f"--observe must be between 2 and the {neurons} neurons, got {observe}")
    if width is not None and network != "ring":
        raise ValueError(f"--width is that of a ring, not of a network of kind {network!r}")
    given: dict[str, Any] = {"strength": strength, "width": width}
    given = {name: value for name, value in given.items() if value is not None}
    angle = None
    if input is not None:
        angle = _angle(input, input_size, input_time, neurons, duration, seed)
    simulation = simulate(
        KINDS[network](n_neurons=neurons, **given),
        duration=duration,
        seed=seed,
        progress=True,
        angle=angle,
        steering=Steering(input_gain, input_rounding),
        **settings,
    )
    if observe is not None:
        simulation = simulation.observe(Subset(observe).observed(neurons, seed))
    simulation.save(output)
    hidden = neurons - simulation.n_neurons
    return (
        f"{output}: {simulation.n_neurons} neurons"
        f"{f' ({hidden} more are hidden)' if hidden else ''}, {simulation.duration:g} s, "
        f"{simulation.n_spikes} spikes, {simulation.rates.mean():.1f} Hz on average"
    )


def _angle(
    kind: Any, size: float, time: float, neurons: int, duration: float, seed: int
) -> "Angle":
    """Make the input, or read it from a file."""
    from circuitlib.files.csv import read_angle
    from circuitlib.simulation.inputs import Input, Shape

    if kind in get_args(Shape):
        return Input(kind, size, time).angle(neurons, duration, seed)
    if Path(kind).suffix != ".csv":
        raise ValueError(
            f"--input must be {', '.join(get_args(Shape))} or a table (.csv), got {kind!r}"
        )
    return read_angle(Path(kind))
