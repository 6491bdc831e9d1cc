"""Public sessions of head-direction cells: where they are, what they are, and their hashes."""

import os
from dataclasses import dataclass
from pathlib import Path

from circuitlib._provenance import content_hash

DATA_VARIABLE = "CIRCUITLIB_DATA"

_ASSET = "33f6aa51-f82f-4467-95b0-3f1403668654"
_PEYRACHE = (
    "Peyrache, Lacroix, Petersen & Buzsaki (2015), Nature Neuroscience 18, 569-575, "
    "doi:10.1038/nn.3968; data: CRCNS th-1, doi:10.6080/K0G15XS1"
)


@dataclass(frozen=True)
class Archive:
    """A session in a public archive.

    Parameters
    ----------
    name
        Name of the session.
    file
        Name of its file here. It is found under this name only.
    url
        Where it is downloaded from.
    what, size, licence, origin, cite
        For people: what it is, how large, on which terms, who keeps it, and what to cite.
    sha256
        Published hash of what lies at `url`.
    is_streamed
        Whether only a small part of it is read, and written to `file`.
    """

    name: str
    file: str
    url: str
    what: str
    size: str
    licence: str
    origin: str
    cite: str
    sha256: str
    is_streamed: bool = False

    def expected(self, folder: Path) -> str | None:
        """Return the hash that the file in `folder` must have, None if it is not known.

        It is the published one; of a streamed session, the one noted when its file was written.
        """
        if not self.is_streamed:
            return self.sha256
        note = note_of(folder / self.file)
        return note.read_text(encoding="ascii", errors="replace")[:64] if note.is_file() else None

    def state(self, folder: Path) -> str:
        """Tell in words whether the file is in `folder`, and whether its content is right."""
        path, partial = folder / self.file, partial_of(folder / self.file)
        if path.is_file():
            expected = self.expected(folder)
            if expected is None:
                return f"here, but its hash was not noted: {path}"
            right = content_hash(path) == expected
            return f"here, {'verified' if right else 'DAMAGED (other sha256)'}: {path}"
        if partial.is_file():
            return f"the first {partial.stat().st_size / 1e6:.1f} MB are here; fetch it to go on"
        return "not here"


ARCHIVES = {
    archive.name: archive
    for archive in (
        Archive(
            name="Mouse32-140822",
            file="Mouse32-140822.nwb",
            url="https://osf.io/download/jb2gd/",
            what="mouse, 31 units of the anterodorsal thalamus (ADn), head angle, wake and sleep",
            size="about 37 MB",
            licence="none stated with the file; DANDI:000056, of the same data set, has CC-BY-4.0",
            origin="OSF jb2gd, the session of the tutorials of pynapple and NeMoS",
            cite=_PEYRACHE,
            sha256="1a919a033305b8f58b5c3e217577256183b14ed5b436d9c70989dee6dafe0f35",
        ),
        Archive(
            name="A2929-200711",
            file="A2929-200711.nwb",
            url="https://osf.io/download/y7zwd/",
            what="mouse, units of ADn and hippocampus, head angle, wake and sleep of 10 minutes",
            size="not published",
            licence="none stated with the file",
            origin="OSF y7zwd, the session of the guide of pynapple",
            cite="Viejo et al. (2023), eLife 12, RP85786, doi:10.7554/eLife.85786",
            sha256="f698d7319efa5dfeb18fb5fe718ec1a84fdf96b85a158177849a759cd5e396fe",
        ),
        Archive(
            name="Mouse12-120806",
            # Not the name of the small file that was made from other copies of this session.
            file="Mouse12-120806_streamed.npz",
            url=f"https://api.dandiarchive.org/api/assets/{_ASSET}/download/",
            what="mouse, all sorted units, head angle of two lights on the head, wake and sleep",
            size="30.6 GB with raw traces, of which only units, angle and epochs are read",
            licence="CC-BY-4.0",
            origin=f"DANDI:000056, asset {_ASSET}",
            cite=f"{_PEYRACHE}; DANDI:000056, https://dandiarchive.org/dandiset/000056",
            sha256="18f25225ee7f5000d534f30b77b883172dc433d5ccd70a0d4685ad1ec00daac2",
            is_streamed=True,
        ),
    )
}
#: Hashes of files with known names; one of these names with another content is refused.
KNOWN_SHA256 = {
    "Mouse12-120806.npz": "15e9d7859f99c2953b2bd82edbfcb28a51a5ead7aa3dc406ecbaa172500c1215",
} | {each.file: each.sha256 for each in ARCHIVES.values() if not each.is_streamed}


def data_folder(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return where recordings are kept.

    Parameters
    ----------
    folder
        A folder of one's own. If None, the folder ``head_direction`` in the one that the
        environment variable ``CIRCUITLIB_DATA`` names, where ``load_head_direction`` looks; without
        it, the user's cache folder.

    Raises
    ------
    ImportError
        If pooch is needed and not installed.
    """
    if folder is not None:
        return Path(folder)
    if root := os.environ.get(DATA_VARIABLE):
        return Path(root) / "head_direction"
    try:
        import pooch
    except ImportError:
        raise ImportError(
            'a download needs pooch; install it with: pip install "circuitlib[data]"'
        ) from None
    return Path(pooch.os_cache("circuitlib"))


def partial_of(path: Path) -> Path:
    """Return where the first part of a file is kept until the rest has come."""
    return path.with_name(f".{path.name}.partial")


def note_of(path: Path) -> Path:
    """Return where the hash of a file is noted that was written here, for ``sha256sum -c``."""
    return path.with_name(f"{path.name}.sha256")
