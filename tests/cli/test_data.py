"""The command lists, fetches and checks sessions; no network is used."""

import builtins
import hashlib
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from circuitlib.cli.main import main
from circuitlib.head_direction import fetching
from circuitlib.head_direction.archives import ARCHIVES, partial_of

NAME = "Mouse32-140822"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def arrays():
    time = 0.01 * np.arange(6000)
    fields = {"position_time": time, "head_angle": np.mod(time, 6), "bin_width": np.array(0.01)}
    return fields | {"wake_counts": np.ones((6000, 4), np.uint8)}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Serve a session in the place of the one of the archive, a recording of four cells."""
    pytest.importorskip("pooch")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CIRCUITLIB_DATA", str(tmp_path / "here"))
    there = tmp_path / "there"
    there.mkdir()
    np.savez(there / "own.npz", **arrays())
    digest = hashlib.sha256((there / "own.npz").read_bytes()).hexdigest()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=there)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/own.npz"
        own = replace(ARCHIVES[NAME], file="own.npz", url=url, sha256=digest)
        monkeypatch.setitem(ARCHIVES, NAME, own)
        yield own
        server.shutdown()
        thread.join()


def test_a_session_is_fetched_listed_checked_and_repaired(archive, tmp_path, capsys):
    path = tmp_path / "here" / "head_direction" / "own.npz"
    assert main(["data", "fetch", NAME]) == 0
    shown = capsys.readouterr().out
    assert f"{path}: " in shown
    assert "sha256 as published" in shown
    assert f"cl.load_head_direction({str(path)!r})" in shown
    assert "doi:10.1038/nn.3968" in shown
    assert [each.name for each in path.parent.iterdir()] == ["own.npz"]

    assert main(["data", "list", NAME]) == 0
    assert f"here, verified: {path}" in capsys.readouterr().out

    np.savez(path.with_name("other.npz"), **arrays())
    assert main(["data", "check"]) == 0
    first, second, summary = capsys.readouterr().out.splitlines()
    assert first.startswith("other.npz: sha256 not known, ")
    assert second.startswith("own.npz: verified, ")
    assert second.endswith("4 cells, 1.0 minutes, 1 runs")
    assert summary == "2 of 2 as they should be"

    path.write_bytes(path.read_bytes()[:-1])
    assert main(["data", "check"]) == 2
    shown = capsys.readouterr()
    assert f"remove it and run `python -m circuitlib data fetch {NAME}`" in shown.out
    assert shown.err == "circuitlib: 1 of 2 not as they should be: own.npz\n"
    assert main(["data", "fetch", NAME]) == 0
    assert main(["data", "check", NAME]) == 0


def test_files_may_be_kept_elsewhere(archive, tmp_path, capsys):
    elsewhere = str(tmp_path / "my files")
    assert main(["data", "fetch", NAME, "--to", elsewhere, "--seed", "1"]) == 0
    assert main(["data", "check", NAME, "--to", elsewhere]) == 0
    capsys.readouterr()
    assert main(["data", "check", NAME]) == 2
    assert "own.npz: not here; run" in capsys.readouterr().out
    assert not (tmp_path / "here").exists()


def test_the_list_tells_what_there_is(archive, tmp_path, capsys):
    folder = tmp_path / "here" / "head_direction"
    folder.mkdir(parents=True)
    partial_of(folder / "own.npz").write_bytes(bytes(2_500_000))
    assert main(["data", "list"]) == 0
    shown = capsys.readouterr().out
    parts = ("CC-BY-4.0", "30.6 GB", "OSF jb2gd", "OSF y7zwd", "doi:10.7554/eLife.85786")
    for part in (*ARCHIVES, *parts, "DANDI:000056", "the first 2.5 MB are here"):
        assert part in shown
    assert shown.count("not here") == 2
    assert shown.endswith(f"folder: {folder}\n")


def test_a_streamed_session_is_said_not_to_be_verified_in_whole(archive, monkeypatch, capsys):
    monkeypatch.setattr(fetching, "stream_session", lambda *_, **__: arrays())
    assert main(["data", "fetch", "Mouse12-120806"]) == 0
    assert "whose sha256 can only be checked in whole" in capsys.readouterr().out
    assert main(["data", "check", "Mouse12-120806"]) == 0
    assert "verified" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch"], "fetch needs a name: Mouse32-140822, A2929-200711, Mouse12-120806"),
        (["fetch", "Cat"], "no session 'Cat'; choose one of Mouse32-140822"),
        (["check"], "holds no recording; `data list` tells"),
        (["check", "A2929-200711"], "1 of 1 not as they should be"),
    ],
)
def test_bad_requests_cost_one_line(arguments, message, archive, tmp_path, refused_in_one_line):
    assert main(["data", *arguments]) == 2
    refused_in_one_line(message)
    assert not (tmp_path / "here").exists()


def test_a_refused_download_costs_one_line(archive, monkeypatch, refused_in_one_line):
    away = replace(archive, url=archive.url.replace("own", "away"))
    monkeypatch.setitem(ARCHIVES, NAME, away)
    assert main(["data", "fetch", NAME]) == 2
    refused_in_one_line(r"refuses \(404 .* with a browser, save it as .*own\.npz and run")


def test_without_pooch_one_line_says_what_to_install(tmp_path, monkeypatch, refused_in_one_line):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "pooch":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["data", "fetch", NAME, "--to", str(tmp_path)]) == 2
    refused_in_one_line(r"pip install .circuitlib\[data\]")


@pytest.mark.parametrize("arguments", [["--help"], ["data", "--help"]])
def test_help_does_not_wait_for_what_is_not_used(arguments):
    code = f"import sys; from circuitlib.cli.main import main\ntry: main({arguments})\nexcept "
    code += "SystemExit: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "{list,fetch,check}" in done.stdout or "fetch and check" in done.stdout
    unwanted = {"torch", "numba", "matplotlib", "scipy", "sklearn", "pooch", "requests", "fsspec"}
    assert not unwanted & set(done.stderr.split())
