"""A simulation that cannot fit is refused at once, and one that takes long says so."""

import pytest

from circuitlib.simulation import loops
from circuitlib.simulation.effort import in_words
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate, simulate_counts


@pytest.mark.parametrize(
    ("n_neurons", "duration"),
    [(100, 1e12), (100, 1e300), (10**9, 1.0), (200_000, 1e-3)],
    ids=["spikes", "spikes beyond counting", "neurons", "weights"],
)
def test_what_cannot_fit_is_refused_at_once(n_neurons, duration):
    network = RingNetwork(n_neurons=n_neurons)
    with pytest.raises(ValueError, match="GB, but the machine has"):
        simulate(network, duration)
    with pytest.raises(ValueError, match="GB, but the machine has"):
        simulate_counts(network, duration, 1e-4)


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
def test_a_long_simulation_says_how_long_it_takes(spiking, capsys, monkeypatch):
    simulate(RingNetwork(), 12.0, spiking, progress=True)
    assert "takes about" not in capsys.readouterr().err
    monkeypatch.setattr(loops, "_LONG", 0.0)
    simulate(RingNetwork(), 12.0, spiking, progress=True)
    assert "simulate: takes about 1 second and 5 MB of memory" in capsys.readouterr().err


def test_the_estimate_is_that_of_all_pieces(capsys, monkeypatch):
    clock = iter([0.0, 30.0])
    monkeypatch.setattr(loops.time, "perf_counter", lambda: next(clock))
    # 99 s and 1 s before the recording are ten pieces of 10 s.
    simulate(RingNetwork(), 99.0, progress=True)
    assert "simulate: takes about 5 minutes and " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.05, "1 second"),
        (59.6, "60 seconds"),
        (119.0, "119 seconds"),
        (120.0, "2 minutes"),
        (3600.0, "60 minutes"),
        (7200.0, "2 hours"),
        (90000.0, "25 hours"),
        (1e7, "116 days"),
    ],
)
def test_times_are_said_in_words(seconds, words):
    assert in_words(seconds) == words
