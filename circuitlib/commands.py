"""What the command line does: simulate, infer, score."""

import hashlib
import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from circuitlib.archive import ArchiveError, check_writable
from circuitlib.estimators import ConnectivityEstimator, held_out_bits
from circuitlib.gnn import GNN
from circuitlib.loops import Noise, Spiking
from circuitlib.methods import make
from circuitlib.metrics import score_weights
from circuitlib.oracle import oracle_bits_per_spike
from circuitlib.ring import RingNetwork
from circuitlib.simulation import Simulation, load, simulate
from circuitlib.weights import InferredWeights, load_weights

#: First part of a recording that a method sees; the rest scores its prediction.
TRAIN_FRACTION = 0.9


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
    fires = train.rates > 0
    if drop_silent:
        kept = np.flatnonzero(fires)
        if len(kept) < 2:
            raise ValueError(f"{spikes}: fewer than two neurons fire; nothing can be inferred")
        train, test = train.select(kept), test.select(kept)
    if isinstance(estimator, GNN):
        checkpoint = checkpoint_path(output)
        if checkpoint.exists():
            print(f"going on from {checkpoint}", file=sys.stderr)
        estimator.fit(train, progress=True, checkpoint=checkpoint)
    else:
        estimator.fit(train, progress=True)
    weights = estimator.weights_
    if drop_silent:
        weights = np.full((len(fires), len(fires)), np.nan)
        weights[np.ix_(kept, kept)] = estimator.weights_
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
    report = {
        "delta": score.delta,
        "delta_paper": score.delta_paper,
        "bias": score.bias,
        "variance": score.variance,
        "side_trough": score.side_trough,
        "bits_per_spike": inferred.bits_per_spike if predicts else None,
        "oracle_bits_per_spike": oracle,
    }
    if as_json:
        return json.dumps(report)
    lines = [
        f"{name:22} {'-' if value is None else f'{value:.4f}'}" for name, value in report.items()
    ]
    return "\n".join([f"{weights} ({inferred.method}) against {truth}", *lines])


def checkpoint_path(output: Path) -> Path:
    """Return where an interrupted `infer` keeps its state."""
    return output.with_name(f".{output.name}.resume")


def settings_of(estimator: ConnectivityEstimator) -> dict[str, Any]:
    """Return the hyper-parameters of an estimator."""
    names = [each.name for each in fields(estimator) if each.init]  # type: ignore[arg-type]
    return {name: getattr(estimator, name) for name in names}
