"""``infer``: infer weights from a recording."""

import hashlib
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from circuitlib._npz import check_output

HELP = "infer weights from a recording"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("spikes", type=Path, help="spikes file, .npz")
    parser.add_argument("--method", required=True, help="gnn, glm-same-bin, glm-log, ...")
    parser.add_argument("--preset", choices=("quick", "paper"), default="quick")
    parser.add_argument(
        "--drop-silent", action="store_true", help="leave out neurons that never fire"
    )
    parser.add_argument("--time-unit", choices=("s", "ms", "us"), help="unit of the times")
    parser.add_argument("--sampling-rate", type=float, help="hertz, if times count samples")
    parser.add_argument("--start", type=float, help="leave out what was before, in seconds")
    parser.add_argument("--stop", type=float, help="leave out what was after, in seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="weights file, .npz")


def run(
    *,
    spikes: Path,
    output: Path,
    method: str,
    preset: str,
    seed: int,
    drop_silent: bool,
    **clock: Any,
) -> str:
    """Infer weights from a recording and save them; return a summary.

    `clock` are further arguments of :func:`circuitlib.files.load.load`.
    """
    from circuitlib.files.load import load
    from circuitlib.methods.catalogue import make
    from circuitlib.methods.estimator import TRAIN_FRACTION, held_out_bits, settings_of
    from circuitlib.methods.inference import infer
    from circuitlib.methods.weights_file import InferredWeights

    check_output(output, {"weights", "bits_per_spike"}, spikes)
    estimator = make(method, preset, seed)
    recording = load(spikes, **clock)
    train, test = recording.split(TRAIN_FRACTION)
    checkpoint = output.with_name(f".{output.name}.resume")
    if checkpoint.exists():
        print(f"going on from {checkpoint}", file=sys.stderr)
    weights, kept = infer(estimator, train, drop_silent, checkpoint)
    if len(kept) < len(weights):
        test = test.select(kept)
    try:
        bits, lack = held_out_bits(estimator, test), ""
    except ValueError as error:  # a fit is not lost because the last tenth is poor
        bits, lack = None, f"; no bits per spike: {error}"
    settings = settings_of(estimator) | {
        "preset": preset,
        "seed": seed,
        **{name: value for name, value in clock.items() if value is not None},
        "recording_sha256": hashlib.sha256(spikes.read_bytes()).hexdigest(),
    }
    InferredWeights.of(weights, method, settings, estimator.bin_width, TRAIN_FRACTION, bits).save(
        output
    )
    prediction = "" if bits is None else f", {bits:.3f} bits per spike on the last tenth"
    return f"{output}: {len(weights)} x {len(weights)} weights by {method}{prediction}{lack}"
