"""Tables of spikes: a line for each, with its unit and its time."""

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.files.load import load

RNG = np.random.default_rng(0)
TIMES = {name: np.sort(RNG.uniform(0, 30, 200)).round(4) for name in ("10", "9")}


def write(path, times, form="{},{!r}", header="unit,time"):
    lines = [form.format(unit, float(time)) for unit, own in times.items() for time in own]
    path.write_text("\n".join([header, *lines]))
    return path


@pytest.mark.parametrize(
    ("form", "header"),
    [
        ("{},{!r}", "unit,time"),
        ("{};{!r}", "Unit;Time"),
        ("{}\t{!r}", "\ufeffunit\ttime"),
        (" {} , {!r} ", "unit , time"),
        ("0.3,{},{!r}", "amplitude,unit,time"),
        ('"{}",{!r}', '"unit","time"'),
    ],
)
def test_columns_are_found_by_their_names(form, header, tmp_path):
    recording = load(write(tmp_path / "s.csv", TIMES, form, header), start=0.0, stop=30.0)
    assert recording.units == ("9", "10")  # in the order of the numbers
    np.testing.assert_allclose(recording[0], TIMES["9"])
    np.testing.assert_allclose(recording[1], TIMES["10"])


def test_units_with_words_come_as_they_first_appear(tmp_path):
    named = {"tetrode 2": TIMES["10"], "a": TIMES["9"]}
    assert load(write(tmp_path / "s.csv", named)).units == ("tetrode 2", "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must name the columns `unit` and `time`, got nothing"),
        ("neuron,spike\n1,2", "must name the columns `unit` and `time`, got neuron, spike"),
        ("1,0.5\n1,0.7", "must name the columns"),
        ("unit,time\n", "holds no spikes"),
        ("unit,time\n1,0.5\n2", "line 3 has too few columns"),
        ("unit,time\n1,half", "'half' is no number"),
        ("unit;time\n1;0,5", "'0,5' is no number; write one such as 1.25"),
        ("unit,time\n1,nan\n1,0.5", "holds NaN"),
    ],
)
def test_what_is_no_table_of_spikes_is_refused_in_one_line(text, message, tmp_path):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(ArchiveError, match=message) as caught:
        load(tmp_path / "s.csv")
    assert "\n" not in str(caught.value)


def test_files_that_are_not_text_or_not_there_are_refused(tmp_path):
    (tmp_path / "s.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ArchiveError, match="is not text"):
        load(tmp_path / "s.csv")
    with pytest.raises(ArchiveError, match="no such file"):
        load(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("begin,end\n0,1", "must name the columns `start` and `stop`"),
        ("start,stop\n", "holds no intervals"),
        ("start,stop\n0,10\n5,20", "must not overlap"),
    ],
)
def test_what_are_no_epochs_is_refused(text, message, tmp_path):
    (tmp_path / "epochs.csv").write_text(text)
    with pytest.raises(ArchiveError, match=message):
        load(write(tmp_path / "s.csv", TIMES), epochs=str(tmp_path / "epochs.csv"))
