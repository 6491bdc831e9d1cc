"""``infer``: infer weights from a recording, and report which of them to believe."""

import sys
import time
from argparse import ArgumentParser
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitlib._npz import check_output
from circuitlib.cli.reading import add_reading

if TYPE_CHECKING:  # a recording is read only when the command runs
    from circuitlib.methods.weights_file import InferredWeights
    from circuitlib.recordings.spike_trains import Recording

HELP = "infer weights from a recording, and report which of them to believe"
#: False discovery rate of the connections that the summary counts.
_RATE = 0.05


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_reading(parser)
    parser.add_argument(
        "--method", help="gnn, glm-same-bin, glm-log, ...; a report may do without (single-index)"
    )
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
    parser.add_argument("-o", "--output", type=Path, help="weights file, .npz")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="PAGE",
        help="a page, .html: which connections are beyond controls, whether there is a ring, and "
        "what predicts as well; takes ten to twenty times as long as the weights alone",
    )


def run(
    *,
    spikes: Path,
    output: Path | None,
    report: Path | None,
    method: str | None,
    preset: str,
    seed: int,
    bin_width: float | None,
    tau: float | None,
    hidden: str | None,
    set: list[str],  # as the option is called
    drop_silent: bool,
    **reading: Any,
) -> str:
    """Infer weights from a recording and save them, or a report, or both; return a summary.

    `reading` are further arguments of :func:`circuitlib.files.load.load`.
    """
    from circuitlib._provenance import content_hash
    from circuitlib.files.load import load
    from circuitlib.methods.catalogue import make
    from circuitlib.methods.inference import inferred
    from circuitlib.methods.settings import changed, parsed

    if report is not None:  # a page needs matplotlib, for which nobody else waits
        from circuitlib.report import report as pages
    began, place = time.perf_counter(), output or report
    method = method or (None if report is None else pages.METHOD)
    if place is None or method is None:
        raise ValueError("give --method and --output for weights, or --report for a page")
    if output is not None:
        check_output(output, {"weights", "bits_per_spike"}, spikes)
    if report is not None:
        pages.check_report(report, spikes, *([] if output is None else [output]))
    times = {"bin_width": bin_width, "tau": tau}
    own = [] if hidden is None else [f"hidden={hidden}"]
    asked = parsed(set + own) | {name: each for name, each in times.items() if each is not None}
    estimator = changed(make(method, preset, seed), asked)
    notes: list[str] = []
    with nullcontext() if report is None else pages.heard(notes):
        recording = load(spikes, **reading)
    if report is not None:
        estimator = pages.told(estimator, recording, asked)
    unfitted = replace(estimator)
    checkpoint = place.with_name(f".{place.name}.resume")
    _announce(checkpoint, None if asked else method, preset, recording)
    given = {name: value for name, value in reading.items() if value is not None}
    sha256 = content_hash(spikes)
    settings = {"preset": preset, "seed": seed, **given, "recording_sha256": sha256}
    with nullcontext() if report is None else pages.heard(notes):
        found = inferred(estimator, recording, method, settings, drop_silent, checkpoint)
    summary = []
    if output is not None:
        found.record.save(output)
        summary.append(_summary(output, found.record, found.lack))
    if report is not None:
        from circuitlib.report.findings import Origin

        origin = Origin(spikes.resolve().name, sha256, given)
        page = pages.report_of(
            recording, unfitted, estimator, found, origin, notes, seed, True, began
        )
        page.write(report)
        summary.append(f"{report}: {page.verdict}")
    return "\n".join(summary)


def _announce(checkpoint: Path, method: str | None, preset: str, recording: "Recording") -> None:
    """Say whether an earlier run goes on, and how long it will take, if that is known."""
    from circuitlib.experiments.cost import estimate
    from circuitlib.methods.catalogue import method_of

    if checkpoint.exists():
        print(f"going on from {checkpoint}", file=sys.stderr)
    if method is None:
        return
    label = f"{method}@{preset}" if method_of(method).has_presets else method
    cost = estimate(label, recording.n_neurons, recording.duration)
    if cost is not None:
        print(f"{label}: {cost}", file=sys.stderr)


def _summary(output: Path, record: "InferredWeights", lack: str) -> str:
    """Say what was found."""
    bits, n = record.bits_per_spike, len(record.weights)
    prediction = "" if np.isnan(bits) else f", {bits:.3f} bits per spike on the last tenth"
    listed = "" if record.errors is None else f", {_listed(record.weights, record.errors)}"
    why = f"; no bits per spike: {lack}" if lack else ""
    return f"{output}: {n} x {n} weights by {record.method}{listed}{prediction}{why}"


def _listed(weights: np.ndarray, errors: np.ndarray) -> str:
    """Count the connections beyond chance, in words."""
    from circuitlib.methods.discoveries import discoveries

    number = int(discoveries(weights, errors, _RATE).sum())
    return f"{number} of them beyond chance (false discovery rate {100 * _RATE:g} %)"
