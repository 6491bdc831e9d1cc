"""Options of all commands that read a recording."""

from argparse import ArgumentParser
from pathlib import Path


def add_reading(parser: ArgumentParser) -> None:
    """Declare the file, and which part of it to read in which way."""
    parser.add_argument(
        "spikes",
        type=Path,
        metavar="FILE",
        help="spikes file .npz, .nwb, .csv (unit, time), or a folder of Kilosort or Phy",
    )
    parser.add_argument(
        "--units",
        action="extend",
        type=_listed,
        metavar="UNITS",
        help="names, with commas between them, or COLUMN=VALUE; may be repeated",
    )
    parser.add_argument(
        "--epochs",
        metavar="EPOCHS",
        help="what was recorded: a .csv (start, stop), or TAG, TABLE or TABLE:TAG of an .nwb",
    )
    parser.add_argument(
        "--head-angle",
        metavar="ANGLE",
        help="the tracked head angle, for methods that are told of it: a time series of an .nwb, "
        "or a .csv (time in s, angle in radians); time without it is left out",
    )
    parser.add_argument("--start", type=float, help="leave out what was before, in seconds")
    parser.add_argument("--stop", type=float, help="leave out what was after, in seconds")
    parser.add_argument("--time-unit", choices=("s", "ms", "us"), help="unit of the times")
    parser.add_argument("--sampling-rate", type=float, help="hertz, if times count samples")


def _listed(text: str) -> list[str]:
    """Return the names in a list; a condition stays whole."""
    return [text] if "=" in text else [name.strip() for name in text.split(",")]
