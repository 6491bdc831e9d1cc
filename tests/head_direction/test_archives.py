"""A download gives the published file, or one line that says what to do; no network is used."""

import builtins
import gc
import hashlib
import os
import re
import socket
import struct
import threading
import warnings
import weakref
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from circuitlib._npz import ArchiveError, read_archive
from circuitlib.head_direction import fetching, streaming
from circuitlib.head_direction.archives import (
    ARCHIVES,
    KNOWN_SHA256,
    Archive,
    data_folder,
    note_of,
    partial_of,
)
from circuitlib.head_direction.download import Connection
from circuitlib.head_direction.fetching import check, fetch, fetch_head_direction
from circuitlib.head_direction.files import load_head_direction
from circuitlib.head_direction.streaming import stream_session

CONTENT = np.random.default_rng(0).bytes(300_000)
CUT = 2**17


class Handler(BaseHTTPRequestHandler):
    """Serves a file and parts of it, after what it is told to do first."""

    def do_GET(self):
        server, span = self.server, self.headers.get("Range")
        server.asked.append((self.path, span))
        act, *details = server.acts.pop(0) if server.acts else ("serve",)
        if act == "busy":
            self.answer(429, {"Retry-After": details[0]} if details else {})
        elif act == "refuse":
            self.answer(details[0], {})
        elif act == "forward":
            self.answer(302, {"Location": details[0]})
        elif act == "reset at once":
            self.reset()
        else:
            self.serve(None if act == "ignore parts" else span, act)

    def setup(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**16)
        super().setup()

    def answer(self, status, headers):
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def serve(self, span, act):
        whole = self.server.content
        first, last = 0, len(whole) - 1
        if span:
            begin, _, end = span.removeprefix("bytes=").partition("-")
            first, last = int(begin), int(end or last)
            if first >= len(whole):
                self.answer(416, {"Content-Range": f"bytes */{len(whole)}"})
                return
        body = whole[first : last + 1]
        headers = {"Content-Length": str(len(body))}
        if span:
            headers["Content-Range"] = f"bytes {first}-{last}/{len(whole)}"
        self.answer(206 if span else 200, headers)
        self.send(body if act in ("serve", "ignore parts") else body[: 0 if act == "mute" else CUT])
        if act == "reset":
            self.reset()
        if act in ("stall", "mute"):
            self.wfile.flush()
            self.server.is_done.wait(5.0)

    def send(self, body):
        for start in range(0, len(body), 2**16):
            self.server.n_sent += self.wfile.write(body[start : start + 2**16])

    def reset(self):
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.acts = CONTENT, []
        self.asked, self.n_sent, self.is_done = [], 0, threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/file"

    @property
    def spans(self):
        return [span for _, span in self.asked]

    def handle_error(self, *_):
        pass  # a client that went away


@pytest.fixture
def server(monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.is_done.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def connection(waits):
    return Connection(timeout=(10.0, 30.0), tries=3, sleep=waits.append)


def with_patience_for(acts, connection):
    """Return a connection that waits long, as busy machines ask, but not for a stalled server."""
    return replace(connection, timeout=(10.0, 0.3)) if ("stall",) in acts else connection


def archive(url, content=CONTENT, **changes):
    fields = dict.fromkeys(("what", "size", "licence", "origin", "cite"), "-")
    fields |= {"name": "Mouse", "file": "Mouse.nwb", "url": url}
    return Archive(**fields | {"sha256": hashlib.sha256(content).hexdigest()} | changes)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("acts", "spans", "waited"),
    [
        ([], [None], []),
        ([("truncate",)], [None, f"bytes={CUT}-"], [1.0]),
        ([("truncate",)] * 2, [None, f"bytes={CUT}-", f"bytes={2 * CUT}-"], [1.0, 1.0]),
        ([("reset at once",)], [None, None], [1.0]),
        ([("stall",)], [None, f"bytes={CUT}-"], [1.0]),
        ([("truncate",), ("ignore parts",)], [None, f"bytes={CUT}-"], [1.0]),
        ([("busy", "7")], [None, None], [7.0]),
        ([("busy", "3600")], [None, None], [60.0]),
        ([("busy",), ("refuse", 503)], [None, None, None], [1.0, 2.0]),
        ([("busy", "soon")], [None, None], [1.0]),
    ],
)
def test_a_server_with_troubles_gives_the_file_in_the_end(
    acts, spans, waited, server, connection, waits, tmp_path
):
    server.acts = list(acts)
    patient = with_patience_for(acts, connection)
    path = fetch(archive(server.url), tmp_path / "new" / "folder", patient)
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["Mouse.nwb"]
    assert server.spans == spans
    assert waits == waited


def test_a_reset_connection_is_taken_up_again(server, connection, waits, tmp_path):
    server.acts = [("reset",)]
    path = fetch(archive(server.url), tmp_path, connection)
    assert path.read_bytes() == CONTENT
    assert len(server.asked) == 2  # how much came before the reset is a matter of luck
    assert waits == [1.0]


def test_a_server_may_name_a_date(server, connection, waits, tmp_path):
    server.acts = [("busy", format_datetime(datetime.now(UTC) + timedelta(seconds=20), True))]
    fetch(archive(server.url), tmp_path, connection)
    assert 15 < waits[0] <= 20


@pytest.mark.parametrize(
    ("kept", "act", "spans", "n_sent"),
    [
        (CONTENT[:CUT], "serve", [f"bytes={CUT}-"], len(CONTENT) - CUT),
        (CONTENT[:CUT], "ignore parts", [f"bytes={CUT}-"], len(CONTENT)),
        (CONTENT, "serve", [f"bytes={len(CONTENT)}-"], 0),
        (CONTENT + b"more", "serve", [f"bytes={len(CONTENT) + 4}-", None], len(CONTENT)),
        (b"else" * 1000, "serve", ["bytes=4000-", None], 2 * len(CONTENT) - 4000),
    ],
    ids=["goes on", "no parts", "all there", "too long", "of another file"],
)
def test_what_an_earlier_download_left_is_used_if_it_fits(
    kept, act, spans, n_sent, server, connection, tmp_path
):
    mouse = archive(server.url)
    partial_of(tmp_path / mouse.file).write_bytes(kept)
    server.acts = [(act,)]
    assert fetch(mouse, tmp_path, connection).read_bytes() == CONTENT
    assert (server.spans, server.n_sent) == (spans, n_sent)
    assert names(tmp_path) == ["Mouse.nwb"]


def test_an_interrupted_download_goes_on(server, tmp_path):
    def interrupt(_):
        raise KeyboardInterrupt

    server.acts = [("truncate",)]
    mouse = archive(server.url)
    with pytest.raises(KeyboardInterrupt):
        fetch(mouse, tmp_path, Connection(sleep=interrupt))
    assert names(tmp_path) == [".Mouse.nwb.partial"]
    assert mouse.state(tmp_path).startswith("the first 0.1 MB are here")
    assert fetch(mouse, tmp_path).read_bytes() == CONTENT
    assert server.spans == [None, f"bytes={CUT}-"]


@pytest.mark.parametrize(
    ("acts", "n_asked", "message"),
    [
        (
            [("busy",)] * 9,
            3,
            r"is busy \(429 Too Many Requests\), 3 times; try again later, or",
        ),
        ([("stall",)] + [("mute",)] * 9, 3, "stalled .*, 3 times; try again later to go on from"),
        ([("reset at once",)] * 9, 3, "broke off or stalled .*, 3 times; try again later, or"),
        ([("refuse", 404)], 1, r"refuses \(404 Not Found\); try again later, or"),
    ],
    ids=["busy", "stalled", "reset", "not found"],
)
def test_a_server_that_never_gives_it_costs_one_line(
    acts, n_asked, message, server, connection, waits, tmp_path
):
    server.acts = acts
    with pytest.raises(ArchiveError, match=message) as caught:
        fetch(archive(server.url), tmp_path, with_patience_for(acts, connection))
    text = str(caught.value)
    assert text.startswith(server.url)
    assert "\n" not in text
    by_hand = f"fetch {server.url} with a browser, save it as {tmp_path / 'Mouse.nwb'} and run "
    assert by_hand + f"`python -m circuitlib data check Mouse --to {tmp_path}`" in text
    assert not (tmp_path / "Mouse.nwb").exists()
    assert len(server.asked) == n_asked
    assert waits == [1.0, 2.0][: n_asked - 1]


def test_a_server_that_cannot_be_reached_is_asked_once(server, connection, waits, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # nobody listens
        url = f"http://127.0.0.1:{free.getsockname()[1]}/file"
        with pytest.raises(ArchiveError, match=r"cannot be reached .*with a browser, save it as"):
            fetch(archive(url), tmp_path, connection)
    assert waits == []
    assert names(tmp_path) == []


def test_a_file_with_another_hash_is_not_kept(server, connection, tmp_path):
    mouse = archive(server.url, b"published")
    with pytest.raises(ArchiveError, match="not the published file") as caught:
        fetch(mouse, tmp_path, connection)
    assert mouse.sha256 in str(caught.value)
    assert hashlib.sha256(CONTENT).hexdigest() in str(caught.value)
    assert names(tmp_path) == []
    assert len(server.asked) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
def test_a_full_disk_costs_one_line(server, connection, tmp_path):
    partial_of(tmp_path / "Mouse.nwb").symlink_to("/dev/full")
    with pytest.raises(ArchiveError, match=r"cannot be written \(No space left .*make room"):
        fetch(archive(server.url), tmp_path, connection)
    assert not (tmp_path / "Mouse.nwb").exists()


def test_a_folder_that_is_a_file_costs_one_line(server, connection, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match=r"cannot be written \(File exists\)"):
        fetch(archive(server.url), tmp_path / "file", connection)


def test_a_right_file_is_kept_and_a_damaged_one_replaced(server, connection, tmp_path):
    mouse = archive(server.url)
    path = tmp_path / mouse.file
    path.write_bytes(CONTENT)
    assert mouse.state(tmp_path) == f"here, verified: {path}"
    fetch(mouse, tmp_path, connection)
    assert server.asked == []
    path.write_bytes(CONTENT[:-1])
    assert mouse.state(tmp_path) == f"here, DAMAGED (other sha256): {path}"
    fetch(mouse, tmp_path, connection)
    assert path.read_bytes() == CONTENT
    path.unlink()
    assert mouse.state(tmp_path) == "not here"


def test_the_public_function_fetches_a_named_session(server, tmp_path, monkeypatch):
    mouse = archive(server.url)
    monkeypatch.setitem(ARCHIVES, "Mouse", mouse)
    assert fetch_head_direction(tmp_path, name="Mouse") == tmp_path / mouse.file
    with pytest.raises(ValueError, match="no session 'Cat'; choose one of Mouse32-140822, A2929"):
        fetch_head_direction(tmp_path, name="Cat")


def test_the_folder_is_ones_own_or_the_searched_one_or_the_cache(tmp_path, monkeypatch):
    pooch = pytest.importorskip("pooch")
    monkeypatch.setenv("CIRCUITLIB_DATA", "/somewhere")
    assert data_folder(tmp_path) == tmp_path
    assert str(data_folder()) == "/somewhere/head_direction"
    monkeypatch.delenv("CIRCUITLIB_DATA")
    assert data_folder() == pooch.os_cache("circuitlib")


def test_the_registry_is_complete():
    assert list(ARCHIVES) == ["Mouse32-140822", "A2929-200711", "Mouse12-120806"]
    for each in ARCHIVES.values():
        assert re.fullmatch("[0-9a-f]{64}", each.sha256)
        assert each.url.startswith("https://")
        # The hash of a file that is written here is nowhere published.
        assert (each.file in KNOWN_SHA256) == (not each.is_streamed)


def test_without_pooch_the_message_names_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "pooch":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delenv("CIRCUITLIB_DATA", raising=False)
    for folder in (None, tmp_path):
        with pytest.raises(ImportError, match=r"pip install .circuitlib\[data\]"):
            fetch_head_direction(folder)


def write_session(
    path, *, angle="ry", names_wake="wake", areas=("adn", "CA1", "adn"), by_group=False, n_raw=2**21
):
    """Write a session with a large raw trace; the head turns at 2 rad/s and is lost for 2 s."""
    pynwb = pytest.importorskip("pynwb")
    nwb = pynwb.NWBFile(
        session_description="test", identifier="id", session_start_time=datetime.now(UTC)
    )
    raw = np.random.default_rng(1).integers(-1000, 1000, n_raw, dtype=np.int16)
    nwb.add_acquisition(pynwb.TimeSeries(name="raw", data=raw, rate=2e4, unit="V"))
    if areas is not None and not by_group:
        nwb.add_unit_column(name="location", description="brain area")
    rng = np.random.default_rng(2)
    trains = [rng.uniform(0, 30, 600) for _ in range(3)]  # in no order, as some files have it
    probe = nwb.create_device(name="probe")
    for k, train in enumerate(trains):
        if by_group:
            place = {"description": "shank", "location": areas[k], "device": probe}
            said = {"electrode_group": nwb.create_electrode_group(name=f"shank{k}", **place)}
        else:
            said = {} if areas is None else {"location": areas[k]}
        nwb.add_unit(spike_times=train, **said)
    behaviour = nwb.create_processing_module(name="behavior", description="tracking")
    states = pynwb.epoch.TimeIntervals(name="states", description="sleep scoring")
    states.add_column(name="label", description="state")
    for start, stop, label in (
        (0, 3, "Non-REM"),
        (3, 5, "REM"),
        (5, 25, names_wake),
        (25, 30, "REM"),
    ):
        states.add_row(start_time=float(start), stop_time=float(stop), label=label)
    behaviour.add(states)
    time = np.arange(4.0, 26.0, 0.0256)
    lost = (time > 12) & (time < 14)
    turned = np.mod(2.0 * time, 2 * np.pi)

    def series(name, data, **kind):
        return pynwb.behavior.SpatialSeries(name=name, data=data, reference_frame="arena", **kind)

    if angle == "lights":
        head = np.stack([30 + np.cos(0.1 * time), 20 + np.sin(0.1 * time)], axis=1)
        nose = 2 * np.stack([np.cos(turned), np.sin(turned)], axis=1)
        kind = {"starting_time": 4.0, "rate": 1 / 0.0256, "conversion": 1e-2}
        pair = []
        for name, data in (("RedLED", head + nose), ("BlueLED", head - nose)):
            data[lost] = -1.0
            pair.append(series(name, data, **kind))
            nwb.add_acquisition(series(name, np.zeros((3, 2)), rate=1.0))  # as acquired
        behaviour.add(pynwb.behavior.Position(name="SubjectPosition", spatial_series=pair))
    elif angle is not None:
        values = np.rad2deg(turned) if angle == "degrees" else turned
        unit = {"unit": "degrees"} if angle == "degrees" else {"unit": "radians"}
        made = series("ry", values[~lost], timestamps=time[~lost], **unit)
        behaviour.add(pynwb.behavior.CompassDirection(spatial_series=made))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pynwb.NWBHDF5IO(path, "w") as io:
            io.write(nwb)
    return [np.sort(train) for train in trains]


@pytest.fixture
def session(server, tmp_path):
    """Write a session, and serve it."""

    def make(**layout):
        trains = write_session(tmp_path / "whole.nwb", **layout)
        server.content = (tmp_path / "whole.nwb").read_bytes()
        return trains

    return make


@pytest.mark.parametrize("angle", ["ry", "degrees", "lights"])
@pytest.mark.parametrize("names_wake", ["wake", "Awake"])
def test_only_a_small_part_of_a_session_is_transferred(
    angle, names_wake, session, server, connection
):
    trains = session(angle=angle, names_wake=names_wake)
    arrays = stream_session(server.url, connection, block=2**14)
    assert server.n_sent < 0.1 * len(server.content)
    assert None not in server.spans
    assert arrays["source_bytes"] == len(server.content)
    time, counts = arrays["position_time"], arrays["wake_counts"]
    # Wake from 5 to 25 s, less the two seconds without the head and a bin at each end.
    assert len(time) == pytest.approx(1800, abs=8)
    assert time.min() > 5
    assert time.max() < 25
    assert not ((time > 12.03) & (time < 13.97)).any()
    error = np.angle(np.exp(1j * (arrays["head_angle"] - 2.0 * time)))
    assert np.abs(error).max() < 1e-3
    for unit, train in enumerate((trains[0], trains[2])):  # the other is in CA1
        naive = [((train >= t - 0.005) & (train < t + 0.005)).sum() for t in time]
        np.testing.assert_array_equal(counts[:, unit], naive)
        offsets = arrays["spike_offsets"]
        own = arrays["spike_times"][offsets[unit] : offsets[unit + 1]]
        np.testing.assert_array_equal(own, train)
    assert counts.shape[1] == 2
    np.testing.assert_array_equal(arrays["sws_start"], [0])
    np.testing.assert_array_equal(arrays["sws_end"], [3])
    np.testing.assert_array_equal(arrays["rem_start"], [3, 25])
    np.testing.assert_array_equal(arrays["wake_end"], [25])
    for kind, spans in (("sws", [(0, 3)]), ("rem", [(3, 5), (25, 30)])):
        edges = [np.linspace(start, stop, 100 * (stop - start) + 1) for start, stop in spans]
        for unit, train in enumerate((trains[0], trains[2])):
            naive = np.concatenate([np.histogram(train, each)[0] for each in edges])
            np.testing.assert_array_equal(arrays[f"{kind}_counts"][:, unit], naive)


def test_units_are_also_placed_by_their_shanks(session, server, connection):
    session(by_group=True)
    arrays = stream_session(server.url, connection)
    np.testing.assert_array_equal(arrays["source_unit_index"], [0, 2])


@pytest.mark.parametrize("areas", [None, ("CA1", "CA1", "PoS")])
def test_all_units_are_kept_where_none_is_known_to_lie_in_the_nucleus(
    areas, session, server, connection
):
    session(areas=areas)
    arrays = stream_session(server.url, connection)
    assert arrays["wake_counts"].shape[1] == 3
    np.testing.assert_array_equal(arrays["unit_area"], areas or [""] * 3)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"angle": None}, "holds no head angle: no ry, CompassDirection, RedLED, BlueLED"),
        ({"names_wake": "rest"}, "names no epoch wake or awake"),
    ],
)
def test_a_session_without_what_is_needed_says_so(layout, message, session, server, connection):
    session(**layout)
    with pytest.raises(ArchiveError, match=f"{server.url}: {message}"):
        stream_session(server.url, connection)


def test_a_busy_server_and_an_address_that_expires_are_asked_again(session, server, connection):
    session()
    blob = server.url.replace("file", "blob")
    server.acts = [("forward", blob), ("serve",), ("busy", "0"), ("serve",)]
    server.acts += [("refuse", 403), ("forward", blob)]
    arrays = stream_session(server.url, connection, block=2**14)
    assert arrays["wake_counts"].shape[1] == 2
    assert not server.acts
    paths = [path for path, _ in server.asked]
    # The archive is asked at the start, and once more where its address no longer holds.
    assert paths.count("/file") == 2
    assert set(paths) == {"/file", "/blob"}


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (("ignore parts",), "server does not send the part asked for"),
        (("refuse", 404), r"refuses \(404 Not Found\)"),
        (("reset at once",), "broke off or stalled"),
    ],
)
@pytest.mark.parametrize("n_before", [0, 1])
def test_streaming_that_fails_costs_one_line(
    act, message, n_before, session, server, connection, tmp_path
):
    session()
    server.acts = [("serve",)] * n_before + [act] * 99
    remote = archive(server.url, file="part.npz", is_streamed=True)
    with pytest.raises(
        ArchiveError, match=f"^{server.url}: the .*{message}.*; try again"
    ) as caught:
        fetch(remote, tmp_path / "new", connection)
    assert "\n" not in str(caught.value)
    assert names(tmp_path / "new") == []
    if act == ("ignore parts",):
        assert server.n_sent < 2**20  # the rest of the file is not waited for


def test_a_session_that_fails_lets_go_of_its_file(session, server, connection, monkeypatch):
    # HDF5 would come back to a file that is still held when the interpreter is gone, and crash.
    session()
    files = []

    class Watched(streaming.RemoteFile):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            files.append(weakref.ref(self))

    monkeypatch.setattr(streaming, "RemoteFile", Watched)
    server.acts = [("serve",)] + [("refuse", 404)] * 9
    with pytest.raises(ArchiveError, match="404"):
        stream_session(server.url, connection)
    gc.collect()
    assert [file() for file in files] == [None]


def test_what_is_not_an_nwb_file_costs_one_line(server, connection, tmp_path):
    pytest.importorskip("pynwb")
    with pytest.raises(ArchiveError, match=f"{server.url}: .*signature not found"):
        fetch(archive(server.url, is_streamed=True), tmp_path, connection)


def test_a_streamed_session_is_written_noted_and_read(session, server, connection, tmp_path):
    session()
    remote = archive(server.url, file="part.npz", origin="asset 7", is_streamed=True)
    path = fetch(remote, tmp_path, connection)
    recording = load_head_direction(path)
    assert recording.spikes.n_neurons == 2
    assert len(recording.spikes.starts) == 2
    assert {kind: asleep.duration for kind, asleep in recording.sleep.items()} == {
        "REM": pytest.approx(7.0),
        "slow-wave": pytest.approx(3.0),
    }
    arrays = read_archive(path)
    assert arrays["source"] == "asset 7"
    assert arrays["source_published_sha256"] == remote.sha256
    assert not arrays["source_sha256_was_checked"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert note_of(path).read_text() == f"{digest}  part.npz\n"
    assert remote.state(tmp_path) == f"here, verified: {path}"
    n_asked = len(server.asked)
    fetch(remote, tmp_path, connection)
    assert len(server.asked) == n_asked
    path.write_bytes(path.read_bytes() + b"x")
    assert "DAMAGED" in remote.state(tmp_path)
    fetch(remote, tmp_path, connection)
    assert remote.state(tmp_path) == f"here, verified: {path}"
    note_of(path).unlink()
    assert "its hash was not noted" in remote.state(tmp_path)


def test_a_streamed_session_that_is_no_recording_is_not_kept(monkeypatch, tmp_path):
    pytest.importorskip("pooch")
    monkeypatch.setattr(
        fetching, "stream_session", lambda *_, **__: {"wake_counts": np.ones((9, 4))}
    )
    with pytest.raises(ArchiveError, match="holds no `head_angle`"):
        fetch(archive("https://", file="part.npz", is_streamed=True), tmp_path)
    assert names(tmp_path) == []


def test_a_check_tells_of_cells_minutes_and_runs(tmp_path, monkeypatch):
    time = 0.01 * np.arange(12_000)
    time[6000:] += 5.0
    counts = np.ones((12_000, 4), np.uint8)
    path = tmp_path / "own.npz"
    fields = {"wake_counts": counts, "position_time": time, "bin_width": 0.01}
    np.savez(path, head_angle=np.mod(time, 6), **fields)
    assert re.fullmatch(
        r"own.npz: sha256 not known, 0\.\d MB, 4 cells, 2\.0 minutes, 2 runs", check(path)
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(ARCHIVES, "Own", archive("https://", file="own.npz", sha256=digest))
    assert check(path).startswith("own.npz: verified, ")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArchiveError, match=rf"damaged, its sha256 .* instead of {digest}; remove"):
        check(path)
    path.unlink()
    with pytest.raises(
        ArchiveError, match=r"own.npz: not here; run `python -m circuitlib data fetch"
    ):
        check(path)


def test_a_right_file_that_is_not_read_is_not_called_damaged(tmp_path, monkeypatch):
    path = tmp_path / "own.npz"
    np.savez(path, wake_counts=np.ones((9, 4)))
    with pytest.raises(ArchiveError, match=r"holds no `head_angle`.* \(remove it and run"):
        check(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(ARCHIVES, "Own", archive("https://", file="own.npz", sha256=digest))
    with pytest.raises(
        ArchiveError, match=r"holds no `head_angle`.* \(though its sha256 is right\)"
    ):
        check(path)
