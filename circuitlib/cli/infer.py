"""``infer``: infer weights from a recording."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np

from circuitlib._npz import check_output
from circuitlib.cli.reading import add_reading

HELP = "infer weights from a recording"
#: False discovery rate of the connections that the summary counts.
_RATE = 0.05


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_reading(parser)
    parser.add_argument("--method", required=True, help="gnn, glm-same-bin, glm-log, ...")
    parser.add_argument("--preset", choices=("quick", "paper"), default="quick")
    parser.add_argument("--bin-width", type=float, help="seconds; the method's own if not given")
    parser.add_argument("--tau", type=float, help="synaptic time constant in seconds")
    parser.add_argument(
        "--hidden",
        metavar="auto|N",
        help="nodes for neurons that nobody recorded: how many, or as many as unseen spikes prefer",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other setting of the method, such as l2=validation; may be repeated",
    )
    parser.add_argument(
        "--drop-silent", action="store_true", help="leave out neurons that never fire"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="weights file, .npz")


def run(
    *,
    spikes: Path,
    output: Path,
    method: str,
    preset: str,
    seed: int,
    bin_width: float | None,
    tau: float | None,
    hidden: str | None,
    set: list[str],  # as the option is called
    drop_silent: bool,
    **reading: Any,
) -> str:
    """Infer weights from a recording and save them; return a summary.

    `reading` are further arguments of :func:`circuitlib.files.load.load`.
    """
    from circuitlib._provenance import content_hash
    from circuitlib.experiments.cost import estimate
    from circuitlib.files.load import load
    from circuitlib.methods.catalogue import make, method_of
    from circuitlib.methods.estimator import TRAIN_FRACTION, held_out_bits, settings_of
    from circuitlib.methods.inference import infer
    from circuitlib.methods.settings import changed, parsed
    from circuitlib.methods.weights_file import InferredWeights

    check_output(output, {"weights", "bits_per_spike"}, spikes)
    times = {"bin_width": bin_width, "tau": tau}
    own = [] if hidden is None else [f"hidden={hidden}"]
    asked = parsed(set + own) | {name: each for name, each in times.items() if each is not None}
    estimator = changed(make(method, preset, seed), asked)
    recording = load(spikes, **reading)
    train, test = recording.split(TRAIN_FRACTION)
    checkpoint = output.with_name(f".{output.name}.resume")
    if checkpoint.exists():
        print(f"going on from {checkpoint}", file=sys.stderr)
    label = f"{method}@{preset}" if method_of(method).has_presets else method
    cost = None if asked else estimate(label, train.n_neurons, recording.duration)
    if cost is not None:
        print(f"{label}: {cost}", file=sys.stderr)
    weights, errors, kept = infer(estimator, train, drop_silent, checkpoint)
    if len(kept) < len(weights):
        test = test.select(kept)
    try:
        bits, lack = held_out_bits(estimator, test), ""
    except ValueError as error:  # a fit is not lost because the last tenth is poor
        bits, lack = None, f"; no bits per spike: {error}"
    settings = settings_of(estimator) | {
        "preset": preset,
        "seed": seed,
        **{name: value for name, value in reading.items() if value is not None},
        "recording_sha256": content_hash(spikes),
    }
    InferredWeights.of(
        weights,
        method,
        settings,
        estimator.bin_width,
        TRAIN_FRACTION,
        bits,
        units=recording.units,
        errors=errors,
    ).save(output)
    prediction = "" if bits is None else f", {bits:.3f} bits per spike on the last tenth"
    listed = "" if errors is None else f", {_listed(weights, errors)}"
    return (
        f"{output}: {len(weights)} x {len(weights)} weights by {method}{listed}{prediction}{lack}"
    )


def _listed(weights: np.ndarray, errors: np.ndarray) -> str:
    """Count the connections beyond chance, in words."""
    from circuitlib.methods.discoveries import discoveries

    number = int(discoveries(weights, errors, _RATE).sum())
    return f"{number} of them beyond chance (false discovery rate {100 * _RATE:g} %)"
