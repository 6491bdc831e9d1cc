"""``score``: score weights against the truth."""

import json as json_text
import math
from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path

from circuitlib._npz import ArchiveError

HELP = "score weights against the truth"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("weights", type=Path, help="weights file, .npz")
    parser.add_argument("--truth", type=Path, required=True, help="simulated spikes file, .npz")
    parser.add_argument(
        "--other-recording",
        action="store_true",
        help="score weights that were inferred from another recording of the same network",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--seed", type=int, default=0, help="not used: scores are not random")


def run(*, weights: Path, truth: Path, other_recording: bool, json: bool, seed: int) -> str:
    """Score a weights file against the network that made the recording; return a report."""
    from circuitlib.files.load import load
    from circuitlib.methods.weights_file import load_weights
    from circuitlib.metrics import score_weights
    from circuitlib.simulation.record import Simulation

    inferred = load_weights(weights)
    recording = load(truth)
    if not isinstance(recording, Simulation):
        raise ArchiveError(f"{truth}: holds no true weights; give a simulated recording")
    network = recording.network
    if inferred.weights.shape != network.weights.shape:
        raise ArchiveError(
            f"{weights}: {len(inferred.weights)} neurons, but {truth} has {network.n_neurons}"
        )
    source = inferred.settings.get("recording_sha256")
    if not other_recording and source not in (None, sha256(truth.read_bytes()).hexdigest()):
        raise ArchiveError(
            f"{weights}: was inferred from another recording than {truth}; give that one, or "
            "--other-recording if both are of the same network"
        )
    score = score_weights(network.weights, inferred.weights, network.bump_spacing)
    report = {name: None if math.isnan(value) else value for name, value in score._asdict().items()}
    del report["scale"]
    report |= {"bits_per_spike": None, "oracle_bits_per_spike": None}
    if math.isfinite(inferred.bits_per_spike):
        from circuitlib.simulation.oracle import oracle_bits_per_spike

        start = inferred.train_fraction * recording.duration
        report["bits_per_spike"] = inferred.bits_per_spike
        report["oracle_bits_per_spike"] = oracle_bits_per_spike(
            recording, inferred.bin_width, start
        )
    if json:
        return json_text.dumps(report)
    lines = [
        f"{name:22} {'-' if value is None else f'{value:.4f}'}" for name, value in report.items()
    ]
    return "\n".join([f"{weights} ({inferred.method}) against {truth}", *lines])
