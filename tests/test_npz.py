"""Archives are read without unpickling and written whole or not at all, or refused by name."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from circuitlib._npz import ArchiveError, read_archive, read_json, write_archive
from circuitlib.files.load import load
from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(1000, 4)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3)


def test_a_missing_file_and_a_foreign_file_are_named(tmp_path):
    with pytest.raises(ArchiveError, match="no such file"):
        read_archive(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_bytes(b"not an archive")
    with pytest.raises(ArchiveError, match=r"not an \.npz"):
        read_archive(tmp_path / "y.npz")


def test_a_truncated_file_is_named(tmp_path):
    SPIKES.save(tmp_path / "x.npz")
    whole = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError, match="truncated"):
        read_archive(tmp_path / "x.npz")


def test_pickled_objects_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the file was unpickled",))

    payload = np.empty(1, dtype=object)
    payload[0] = 1
    np.savez(tmp_path / "x.npz", counts=payload, dt=1e-3)
    with pytest.raises(ArchiveError, match="pickled"):
        read_archive(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ArchiveError, match=r"not an \.npz"):
        read_archive(tmp_path / "y.npz")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    SPIKES.save(tmp_path / "x.npz")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(ArchiveError, match="No space left"):
        write_archive(tmp_path / "x.npz", {"a": np.zeros(3)})
    assert [path.name for path in tmp_path.iterdir()] == ["x.npz"]
    assert load(tmp_path / "x.npz").n_spikes == SPIKES.n_spikes


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ArchiveError, match="no such folder"):
        SPIKES.save(tmp_path / "missing" / "x.npz")


def header_of(shape, dtype="<f8"):
    """Return the first bytes of an array with this shape."""
    stream = io.BytesIO()
    content = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, content)
    return stream.getvalue()


def write_claims(path, shape, n_bytes, dtype="<f8"):
    """Write an archive of one array that claims this shape, in as many bytes as the zip claims."""
    with zipfile.ZipFile(path, "w") as archive:
        header = header_of(shape, dtype)
        archive.writestr("counts.npy", header + bytes(min(n_bytes, 800)))
        archive.infolist()[0].file_size = len(header) + n_bytes


CLAIMS = {
    "more than any memory": (((10**14,), 8 * 10**14), "which does not fit into the memory"),
    "many dimensions": (((10**5,) * 3, 8 * 10**15), "which does not fit into the memory"),
    "more than there is": (((1000,), 80), "`counts` is damaged"),
    "less than there is": (((2,), 80), "`counts` is damaged"),
    "a negative size": (((-2, -5), 80), "`counts` is damaged"),
    "a text of 2 GB": (((), 2 * 10**9, "<U500000000"), "2e\\+03 MB of text"),
    "a type that is none": (((10,), 80, "<q9"), "damaged"),
}


@pytest.mark.parametrize(("claims", "message"), CLAIMS.values(), ids=CLAIMS.keys())
def test_what_an_archive_claims_is_checked_before_it_is_read(
    claims, message, tmp_path, monkeypatch
):
    def read(*_, **__):
        pytest.fail("the arrays were read")

    write_claims(tmp_path / "x.npz", *claims)
    monkeypatch.setattr(np, "load", read)
    with pytest.raises(ArchiveError, match=message) as caught:
        read_archive(tmp_path / "x.npz")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("header", [b"(" * 5000, b"{'descr': [[]], {}: 1}", b"\xff" * 50, b""])
def test_a_header_that_is_no_header_is_refused_in_one_line(header, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        size = len(header).to_bytes(2, "little")
        archive.writestr("counts.npy", b"\x93NUMPY\x01\x00" + size + header)
    with pytest.raises(ArchiveError, match="damaged") as caught:
        read_archive(tmp_path / "x.npz")
    assert "\n" not in str(caught.value)


def test_an_archive_of_something_else_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("letter.xml", "<letter/>")
    with pytest.raises(ArchiveError, match=r"not an \.npz file \(it holds 'letter\.xml'\)"):
        read_archive(tmp_path / "x.npz")


def test_a_device_is_never_replaced(tmp_path):
    with pytest.raises(ArchiveError, match="a device or a pipe"):
        write_archive("/dev/null", {"a": np.zeros(3)})


def test_json_comes_back_as_it_was_written():
    assert read_json('{"a": [1, 2.5, {"b": null}]}', "x") == {"a": [1, 2.5, {"b": None}]}
