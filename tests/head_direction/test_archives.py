"""A download gives the published file, or one line that says what to do."""

import builtins
import hashlib

import pytest

from circuitlib._npz import ArchiveError
from circuitlib.head_direction.archives import KNOWN_SHA256, NWB_NAME, fetch_head_direction


def test_a_failed_download_says_what_to_do_by_hand(tmp_path, monkeypatch):
    pooch = pytest.importorskip("pooch")

    def refuse(*_args, **_kwargs):
        raise OSError("no route\nto host")

    monkeypatch.setattr(pooch, "retrieve", refuse)
    with pytest.raises(ArchiveError, match="fetch it with a browser") as caught:
        fetch_head_direction(tmp_path)
    assert "no route to host" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_already_downloaded_is_not_fetched_again(tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    (tmp_path / NWB_NAME).write_bytes(b"published")
    digest = hashlib.sha256(b"published").hexdigest()
    monkeypatch.setitem(KNOWN_SHA256, NWB_NAME, digest)
    assert fetch_head_direction(tmp_path) == tmp_path / NWB_NAME


def test_without_pooch_the_message_names_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "pooch":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install .circuitlib\[data\]"):
        fetch_head_direction()
