"""What the command line does: simulate, infer, score, reproduce, bench."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from circuitlib._npz import ArchiveError, check_writable
from circuitlib._provenance import commit, hardware, software_versions
from circuitlib.benchmarks import benchmarks
from circuitlib.experiments.catalogue import TRAIN_FRACTION
from circuitlib.experiments.run import infer, reproduce
from circuitlib.experiments.store import results_folder
from circuitlib.files.load import load
from circuitlib.methods.catalogue import make
from circuitlib.methods.estimator import held_out_bits, settings_of
from circuitlib.methods.weights_file import InferredWeights, load_weights
from circuitlib.metrics import score_weights
from circuitlib.simulation.dynamics import Noise, Spiking
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.oracle import oracle_bits_per_spike
from circuitlib.simulation.record import Simulation
from circuitlib.simulation.simulator import simulate


def run_simulate(
    output: Path,
    spiking: Spiking,
    noise: Noise,
    strength: float,
    neurons: int,
    duration: float,
    threshold: float | None,
    seed: int,
) -> str:
    """Simulate a recording and save it; return a summary."""
    check_writable(output)
    network = RingNetwork(strength=strength, n_neurons=neurons)
    simulation = simulate(
        network, duration, spiking, noise, seed, threshold=threshold, progress=True
    )
    simulation.save(output)
    return (
        f"{output}: {simulation.n_neurons} neurons, {simulation.duration:g} s, "
        f"{simulation.n_spikes} spikes, {simulation.rates.mean():.1f} Hz on average"
    )


def run_infer(
    spikes: Path, output: Path, method: str, preset: str, seed: int, drop_silent: bool
) -> str:
    """Infer weights from a recording and save them; return a summary."""
    check_writable(output)
    estimator = make(method, preset, seed)
    recording = load(spikes)
    train, test = recording.split(TRAIN_FRACTION)
    checkpoint = checkpoint_path(output)
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
    inferred = InferredWeights.of(
        weights, method, settings, estimator.bin_width, TRAIN_FRACTION, bits
    )
    inferred.save(output)
    prediction = "" if bits is None else f", {bits:.3f} bits per spike on the last tenth"
    return f"{output}: {len(weights)} x {len(weights)} weights by {method}{prediction}"


def run_score(weights: Path, truth: Path, as_json: bool) -> str:
    """Score a weights file against the network that made the recording; return a report."""
    inferred = load_weights(weights)
    recording = load(truth)
    if not isinstance(recording, Simulation):
        raise ArchiveError(f"{truth}: holds no true weights; give a simulated recording")
    network = recording.network
    if inferred.weights.shape != network.weights.shape:
        raise ArchiveError(
            f"{weights}: {len(inferred.weights)} neurons, but {truth} has {network.n_neurons}"
        )
    score = score_weights(network.weights, inferred.weights, network.bump_spacing)
    predicts = np.isfinite(inferred.bits_per_spike)
    oracle = None
    if predicts:
        start = inferred.train_fraction * recording.duration
        oracle = oracle_bits_per_spike(recording, inferred.bin_width, start)
    report = {name: None if np.isnan(value) else value for name, value in score._asdict().items()}
    del report["scale"]
    report["bits_per_spike"] = inferred.bits_per_spike if predicts else None
    report["oracle_bits_per_spike"] = oracle
    if as_json:
        return json.dumps(report)
    lines = [
        f"{name:22} {'-' if value is None else f'{value:.4f}'}" for name, value in report.items()
    ]
    return "\n".join([f"{weights} ({inferred.method}) against {truth}", *lines])


def run_reproduce(
    experiment: str,
    output: Path | None,
    seeds: int | None,
    preset: str,
    methods: tuple[str, ...],
    duration: float | None,
    device: str,
) -> str:
    """Carry out the runs of an experiment; return a table of them."""
    folder = results_folder() if output is None else output
    if output is None and not folder.is_dir():
        raise ValueError("give --output, a folder for the runs; this is no checkout")
    if not folder.is_dir():
        check_writable(folder)
    return reproduce(experiment, folder, seeds, preset, methods, duration, device)


def run_bench(as_json: bool) -> str:
    """Compare the fast paths of the library with their plain counterparts; return a report."""
    ratios = [ratio._asdict() for ratio in benchmarks()]
    if as_json:
        origin = {"versions": software_versions(), "commit": commit(), "hardware": hardware("cpu")}
        return json.dumps({"ratios": ratios} | origin, indent=1)
    return "\n".join(
        f"{row['name']:48} {row['ratio']:8.1f} times as fast "
        f"({row['plain']:.3g} s against {row['fast']:.3g} s; equal within {row['difference']:.0e})"
        for row in ratios
    )


def checkpoint_path(output: Path) -> Path:
    """Return where an interrupted `infer` keeps its state."""
    return output.with_name(f".{output.name}.resume")
