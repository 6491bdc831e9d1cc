"""Every option that a message names exists."""

import re
from argparse import ArgumentParser
from pathlib import Path

from circuitlib.cli import bench, data, export, infer, inspect, reproduce, score, simulate

SOURCE = Path(infer.__file__).resolve().parents[1]
COMMANDS = (bench, data, export, infer, inspect, reproduce, score, simulate)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def test_messages_name_options_that_exist():
    known = {"--help", "--version"}
    for command in COMMANDS:
        parser = ArgumentParser()
        command.add_arguments(parser)
        known |= {option for action in parser._actions for option in action.option_strings}
    named = {
        option: path for path in SOURCE.rglob("*.py") for option in OPTION.findall(path.read_text())
    }
    git = {"--porcelain"}  # an option of another program
    assert len(named) > 15
    assert named.keys() - known - git == set()
