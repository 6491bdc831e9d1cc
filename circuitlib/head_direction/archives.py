"""Public sessions of head-direction cells: where they are, their hashes, and their download."""

import os
from pathlib import Path

from circuitlib._npz import ArchiveError

DATA_VARIABLE = "CIRCUITLIB_DATA"
NWB_NAME = "Mouse32-140822.nwb"
NWB_URL = "https://osf.io/download/jb2gd/"
#: Hashes of the files that the book names; one of these names with another content is refused.
KNOWN_SHA256 = {
    "Mouse12-120806.npz": "15e9d7859f99c2953b2bd82edbfcb28a51a5ead7aa3dc406ecbaa172500c1215",
    NWB_NAME: "1a919a033305b8f58b5c3e217577256183b14ed5b436d9c70989dee6dafe0f35",
}


def fetch_head_direction(folder: str | os.PathLike[str] | None = None) -> Path:
    """Download a public session of head-direction cells (37 MB) once, and check its hash.

    Parameters
    ----------
    folder
        Where to keep the file; the user's cache folder if None.

    Returns
    -------
    pathlib.Path
        The file, for :func:`load_head_direction`.

    Raises
    ------
    ImportError
        If pooch is not installed.
    ArchiveError
        If the download fails or its content is not the published one.

    References
    ----------
    Peyrache, Lacroix, Petersen & Buzsaki (2015), doi:10.1038/nn.3968, session Mouse32-140822.
    """
    try:
        import pooch
    except ImportError:
        raise ImportError(
            'a download needs pooch; install it with: pip install "circuitlib[data]"'
        ) from None
    where = pooch.os_cache("circuitlib") if folder is None else Path(folder)
    try:
        file = pooch.retrieve(NWB_URL, f"sha256:{KNOWN_SHA256[NWB_NAME]}", NWB_NAME, where)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong hash is not
        reason = " ".join(str(error).split())
        raise ArchiveError(
            f"{NWB_URL}: the download failed; fetch it with a browser, save it as {NWB_NAME} and "
            f"give its path to load_head_direction ({reason})"
        ) from error
    return Path(file)
