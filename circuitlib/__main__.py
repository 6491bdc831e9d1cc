"""The door of the command line: ``python -m circuitlib``."""

import sys

from circuitlib.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
