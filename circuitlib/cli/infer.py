"""``infer``: infer weights from a recording."""

import hashlib
import sys
from argparse import ArgumentParser
from pathlib import Path

from circuitlib._npz import check_writable

HELP = "infer weights from a recording"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("spikes", type=Path, help="spikes file, .npz")
    parser.add_argument("--method", required=True, help="gnn, glm-same-bin, glm-log, ...")
    parser.add_argument("--preset", choices=("quick", "paper"), default="quick")
    parser.add_argument(
        "--drop-silent", action="store_true", help="leave out neurons that never fire"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="weights file, .npz")


def run(
    *, spikes: Path, output: Path, method: str, preset: str, seed: int, drop_silent: bool
) -> str:
    """Infer weights from a recording and save them; return a summary."""
    from circuitlib.files.load import load
    from circuitlib.methods.catalogue import make
    from circuitlib.methods.estimator import TRAIN_FRACTION, held_out_bits, settings_of
    from circuitlib.methods.inference import infer
    from circuitlib.methods.weights_file import InferredWeights

    check_writable(output)
    estimator = make(method, preset, seed)
    recording = load(spikes)
    train, test = recording.split(TRAIN_FRACTION)
    checkpoint = output.with_name(f".{output.name}.resume")
    if checkpoint.exists():
        print(f"going on from {checkpoint}", file=sys.stderr)
    weights, kept = infer(estimator, train, drop_silent, checkpoint)
    if len(kept) < len(weights):
        test = test.select(kept)
    bits = held_out_bits(estimator, test)
    settings = settings_of(estimator) | {
        "preset": preset,
        "seed": seed,
        "recording_sha256": hashlib.sha256(spikes.read_bytes()).hexdigest(),
    }
    InferredWeights.of(weights, method, settings, estimator.bin_width, TRAIN_FRACTION, bits).save(
        output
    )
    prediction = "" if bits is None else f", {bits:.3f} bits per spike on the last tenth"
    return f"{output}: {len(weights)} x {len(weights)} weights by {method}{prediction}"
