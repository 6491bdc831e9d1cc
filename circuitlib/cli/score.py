"""``score``: score weights against the truth."""

import json as json_text
import math
from argparse import ArgumentParser
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
    from circuitlib._provenance import content_hash
    from circuitlib.files.load import load
    from circuitlib.methods.weights_file import load_weights
    from circuitlib.metrics import score_weights
    from circuitlib.simulation.record import Simulation

    inferred = load_weights(weights)
    recording = load(truth)
    if not isinstance(recording, Simulation):
        raise ArchiveError(f"{truth}: holds no true weights; give a simulated recording")
    network = recording.network
    source = inferred.settings.get("recording_sha256")
    is_source = source == content_hash(truth)
    # Without this recording as their source, a few neurons could be those of any other network.
    if len(inferred.units) != network.n_neurons and not is_source:
        raise ArchiveError(
            f"{weights}: {len(inferred.units)} neurons, but {truth} has {network.n_neurons}; "
            "give the recording that they were inferred from"
        )
    if not (other_recording or is_source or source is None):
        raise ArchiveError(
            f"{weights}: was inferred from another recording than {truth}; give that one, or "
            "--other-recording if both are of the same network"
        )
    try:
        # Names of hidden neurons are their numbers, and nothing is inferred of them.
        numbers = tuple(map(str, range(network.n_neurons)))
        everyone = inferred.among(recording.units if recording.is_whole else numbers)
    except ValueError as error:
        raise ArchiveError(f"{weights}: {error} in {truth}") from None
    score = score_weights(network.weights, everyone, network.bump_spacing)
    report = {name: None if math.isnan(value) else value for name, value in score._asdict().items()}
    del report["scale"]
    report |= {"bits_per_spike": None, "oracle_bits_per_spike": None}
    if math.isfinite(inferred.bits_per_spike):
        report["bits_per_spike"] = inferred.bits_per_spike
    if math.isfinite(inferred.bits_per_spike) and recording.is_whole:
        from circuitlib.simulation.oracle import oracle_bits_per_spike

        start = inferred.train_fraction * recording.duration
        report["oracle_bits_per_spike"] = oracle_bits_per_spike(
            recording, inferred.bin_width, start
        )
    if json:
        return json_text.dumps(report)
    lines = [
        f"{name:22} {'-' if value is None else f'{value:.4f}'}" for name, value in report.items()
    ]
    return "\n".join([f"{weights} ({inferred.method}) against {truth}", *lines])
