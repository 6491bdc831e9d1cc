"""Run make targets in lanes that go side by side, one core each, and say in the end what failed.

Every argument is a lane, its targets in order: ``side_by_side.py "book check" "unit run"``.
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field

SHOWN = 60
NOISE = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Step:
    """A make target, the end of its output, and how it went (no status: it did not run)."""

    target: str
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=SHOWN))
    status: int | None = None
    minutes: float = 0.0
    cpu_minutes: float = 0.0

    @property
    def result(self) -> str:
        """How the step went, in a word."""
        return {None: "not run", 0: "passed"}.get(self.status, "FAILED")


def run_lane(steps: list[Step], command: list[str], width: int) -> None:
    """Run steps one after the other until one fails; every line of output names its step."""
    # Each step is a make of its own: the flags of the make that started us are not for it.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    environment["PYTHONUNBUFFERED"] = "1"
    for step in steps:
        start = time.perf_counter()
        with subprocess.Popen(
            [*command, step.target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                shown = NOISE.sub("", line).rstrip()
                step.tail.append(shown)
                print(f"{step.target:{width}} | {shown}", flush=True)
            _, status, used = os.wait4(process.pid, 0)
            step.status = process.returncode = os.waitstatus_to_exitcode(status)
        step.minutes = (time.perf_counter() - start) / 60
        step.cpu_minutes = (used.ru_utime + used.ru_stime) / 60
        print(f"{step.target:{width}} | {step.result} after {step.minutes:.1f} min", flush=True)
        if step.status:
            return


def main(arguments: list[str] | None = None) -> int:
    """Run the lanes; repeat the end of what failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lanes", nargs="+", help="make targets, separated by spaces")
    parser.add_argument("--make", default="make", help="the make program")
    options = parser.parse_args(arguments)
    lanes = [[Step(target) for target in lane.split()] for lane in options.lanes]
    steps = [step for lane in lanes for step in lane]
    width = max(len(step.target) for step in steps)
    command = [options.make, "--no-print-directory"]
    threads = [threading.Thread(target=run_lane, args=(lane, command, width)) for lane in lanes]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for step in steps:
        if step.status:
            print(f"\n=== make {step.target} failed; its last lines:", *step.tail, sep="\n")
    print()
    for step in steps:
        times = f"{step.minutes:5.1f} min, {step.cpu_minutes:5.1f} min of computing"
        print(f"{step.target:{width}}  {step.result:7}  {times}")
    print(f"side by side: {(time.perf_counter() - start) / 60:.1f} min")
    return 0 if all(step.status == 0 for step in steps) else 1


if __name__ == "__main__":
    sys.exit(main())
