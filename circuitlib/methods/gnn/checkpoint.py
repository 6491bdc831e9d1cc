"""The state of a training on disk, so that an interrupted fit can go on."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from circuitlib._npz import ArchiveError, read_archive, write_archive
from circuitlib.methods.estimator import settings_of
from circuitlib.recordings.events import Events


class Checkpoint:
    """A file that belongs to one method, its settings and one recording.

    Parameters
    ----------
    path
        The file; None keeps nothing.
    settings
        An estimator or its settings.
    events
        The parts of the recording.

    Raises
    ------
    ArchiveError
        If the file exists and belongs to something else.
    """

    def __init__(self, path: Path | None, settings: Any, *events: Events) -> None:
        self.path = path
        digest = hashlib.sha256()
        for part in events:
            digest.update(part.bins.tobytes() + part.offsets.tobytes() + part.runs.starts.tobytes())
        own = settings_of(settings) | {"events": digest.hexdigest()}
        self.identity = json.dumps(own, sort_keys=True)
        self.saved: dict[str, np.ndarray] = {}
        if path is not None and path.exists():
            self.saved = read_archive(path)
            if str(self.saved.get("identity")) != self.identity:
                raise ArchiveError(
                    f"{path}: belongs to other settings or another recording; "
                    "remove it to start anew"
                )

    def keep(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Write the state."""
        if self.path is not None:
            write_archive(self.path, {"identity": np.array(self.identity), **arrays})

    def damaged(self, reason: Exception) -> ArchiveError:
        """Return the error to raise when the state cannot be gone back to."""
        return ArchiveError(f"{self.path}: damaged ({reason}); remove it to start anew")

    def remove(self) -> None:
        """Remove the file at the end of the training."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def subset(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the arrays whose name starts with `prefix`, by the rest of their name."""
    return {
        name.removeprefix(prefix): value
        for name, value in arrays.items()
        if name.startswith(prefix)
    }
