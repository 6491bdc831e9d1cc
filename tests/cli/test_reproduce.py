"""The command knows the experiments, and bad requests and damaged records cost one line."""

import pytest

from circuitlib.cli.main import main
from circuitlib.experiments.catalogue import EXPERIMENTS
from circuitlib.experiments.run import reproduce

#: The recordings are short, and the methods say so.
pytestmark = pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")


@pytest.mark.parametrize(
    "damage", [lambda text: text[:200], lambda text: text.replace('"score"', '"scores"')]
)
def test_a_damaged_record_is_refused_by_name(tmp_path, damage, capsys):
    reproduce("table1", tmp_path, seeds=1, methods=("glm-same-bin",), duration=20.0)
    file = next((tmp_path / "table1").glob("*lnp*.json"))
    file.write_text(damage(file.read_text()))
    command = ["reproduce", "table1", "--methods", "glm-same-bin", "--duration", "20"]
    assert main([*command, "--seeds", "1", "--output", str(tmp_path)]) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("circuitlib")]
    assert len(error) == 1
    assert f"{file}: damaged" in error[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table1", "--methods", "magic"], "no method 'magic'"),
        (["table1", "--seeds", "0"], "at least 1"),
        (["table1", "--output", "no/folder"], "no such folder"),
    ],
)
def test_bad_requests_cost_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "--output", "runs", *arguments]) == 2
    [error] = capsys.readouterr().err.strip().splitlines()
    assert message in error
    assert not list(tmp_path.iterdir())


def test_the_command_line_knows_the_experiments(capsys):
    with pytest.raises(SystemExit):
        main(["reproduce", "--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in EXPERIMENTS)
