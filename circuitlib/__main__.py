"""The command line: ``python -m circuitlib simulate | infer | score | reproduce | bench``."""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

_EXAMPLE = """example:
  python -m circuitlib simulate --spiking threshold --duration 480 --seed 0 -o spikes.npz
  python -m circuitlib infer spikes.npz --method gnn -o weights.npz
  python -m circuitlib score weights.npz --truth spikes.npz
  python -m circuitlib reproduce table1 --preset quick --methods gnn,glm-rectified
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Give the reason in one line, without the usage."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="circuitlib",
        description="Infer who is wired to whom in a neural circuit, from spikes alone.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version("circuitlib"))
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    simulate = commands.add_parser("simulate", help="simulate spikes of a ring network")
    simulate.add_argument("--spiking", choices=("threshold", "lnp"), default="threshold")
    simulate.add_argument("--noise", choices=("sparse", "dense"), default="sparse")
    simulate.add_argument("--strength", type=float, default=0.025, help="recurrent strength r")
    simulate.add_argument("--neurons", type=int, default=100, help="neurons on the ring")
    simulate.add_argument("--duration", type=float, default=480.0, help="seconds")
    simulate.add_argument(
        "--threshold", type=float, help="spike threshold; tuned values if not given"
    )
    simulate.add_argument("--seed", type=int, default=0)
    simulate.add_argument("-o", "--output", type=Path, required=True, help="spikes file, .npz")

    infer = commands.add_parser("infer", help="infer weights from a recording")
    infer.add_argument("spikes", type=Path, help="spikes file, .npz")
    infer.add_argument("--method", required=True, help="gnn, glm-same-bin, glm-log, ...")
    infer.add_argument("--preset", choices=("quick", "paper"), default="quick")
    infer.add_argument(
        "--drop-silent", action="store_true", help="leave out neurons that never fire"
    )
    infer.add_argument("--seed", type=int, default=0)
    infer.add_argument("-o", "--output", type=Path, required=True, help="weights file, .npz")

    score = commands.add_parser("score", help="score weights against the truth")
    score.add_argument("weights", type=Path, help="weights file, .npz")
    score.add_argument("--truth", type=Path, required=True, help="simulated spikes file, .npz")
    score.add_argument("--json", action="store_true", help="print JSON")
    score.add_argument("--seed", type=int, default=0, help="not used: scores are not random")

    reproduce = commands.add_parser(
        "reproduce", help="carry out the runs of an experiment that are not stored yet"
    )
    experiments = ("table1", "fig2", "sweep", "data", "settings", "transfer", "prediction")
    reproduce.add_argument("experiment", choices=experiments)
    reproduce.add_argument("--seeds", type=int, help="data seeds 0 to N - 1; usually 1 or 3")
    reproduce.add_argument("--preset", choices=("quick", "paper"), default="paper")
    reproduce.add_argument("--methods", default="", help="names with commas between; usually all")
    reproduce.add_argument("--duration", type=float, help="seconds of every recording, for a trial")
    reproduce.add_argument("--device", default="cpu", help="where torch computes: cpu, cuda")
    reproduce.add_argument(
        "--output", type=Path, help="folder of the runs; book/results/runs in a checkout"
    )

    bench = commands.add_parser("bench", help="compare fast paths with their plain counterparts")
    bench.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _run(arguments: argparse.Namespace) -> str:
    # Only here, so that `--help` need not wait for torch.
    from circuitlib import commands

    if arguments.command == "simulate":
        return commands.run_simulate(
            arguments.output,
            arguments.spiking,
            arguments.noise,
            arguments.strength,
            arguments.neurons,
            arguments.duration,
            arguments.threshold,
            arguments.seed,
        )
    if arguments.command == "infer":
        return commands.run_infer(
            arguments.spikes,
            arguments.output,
            arguments.method,
            arguments.preset,
            arguments.seed,
            arguments.drop_silent,
        )
    if arguments.command == "reproduce":
        return commands.run_reproduce(
            arguments.experiment,
            arguments.output,
            arguments.seeds,
            arguments.preset,
            tuple(name for name in arguments.methods.split(",") if name),
            arguments.duration,
            arguments.device,
        )
    if arguments.command == "bench":
        return commands.run_bench(arguments.json)
    return commands.run_score(arguments.weights, arguments.truth, arguments.json)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        print(_run(arguments))
    except (ValueError, OSError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        print(f"circuitlib: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("circuitlib: interrupted; run the same command again", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
