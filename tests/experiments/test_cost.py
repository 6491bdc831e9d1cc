"""What a method takes follows from its stored runs: their times, sizes and machines."""

import json

import pytest

from circuitlib.experiments.cost import Cost, estimate
from circuitlib.experiments.store import QUANTITIES, results_folder
from circuitlib.methods.catalogue import METHODS
from circuitlib.simulation.described import network_settings
from circuitlib.simulation.networks import RingNetwork


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Store runs of methods in an empty folder."""
    monkeypatch.setenv("CIRCUITLIB_RESULTS", str(tmp_path))
    (tmp_path / "table1").mkdir()

    def write(seconds, n_neurons=100, duration=480.0, label="glm", **changes):
        method, _, preset = label.partition("@")
        content = {
            "settings": {
                "network": network_settings(RingNetwork(n_neurons=n_neurons)),
                "spiking": "lnp",
                "duration": duration,
                "train_fraction": 0.9,
                "method": method,
                "preset": preset,
                "estimator": {"bin_width": 1e-3} | changes.pop("estimator", {}),
            },
            "score": dict.fromkeys(QUANTITIES),
            "profile": None,
            "weights_file": None,
            "weights_sha256": None,
            "versions": {},
            "commit": None,
            "hardware": {"cpu": "a processor", "cores": 3, "gpu": None},
            "seconds": seconds,
            "resumed": False,
        } | changes
        number = len(list((tmp_path / "table1").iterdir()))
        path = tmp_path / "table1" / f"{label}-lnp-seed{number}.json"
        path.write_text(json.dumps(content))
        return path

    return write


@pytest.mark.parametrize(("b", "c"), [(2.0, 0.0), (1.5, 1.0), (0.0, 0.5)])
def test_powers_are_found_where_the_stored_runs_differ(b, c, store):
    for n_neurons in (50, 100, 200):
        for duration in (60.0, 480.0):
            store(n_neurons**b * duration**c, n_neurons, duration)
    found = estimate("glm", 400, 960.0)
    assert found.seconds == pytest.approx(400**b * 960**c)
    assert found.factor is None, "larger than every stored run"
    assert estimate("glm", 100, 100.0).factor == pytest.approx(1.0)


def test_pairs_and_bins_count_where_the_stored_runs_do_not_differ(store):
    for seconds in (10.0, 40.0):
        store(seconds)
    assert estimate("glm", 100, 480.0).seconds == pytest.approx(20.0)
    assert estimate("glm", 100, 480.0).factor == pytest.approx(2.0)
    assert estimate("glm", 200, 960.0).seconds == pytest.approx(20.0 * 4 * 2)


def test_an_array_of_all_bins_follows_from_their_width(store):
    store(10.0, estimator={"bin_width": 2e-3})
    assert estimate("glm", 50, 30.0).memory == pytest.approx(8 * 50 * 15_000)


def test_time_never_falls_with_the_size(store):
    for duration, seconds in ((60.0, 20.0), (480.0, 10.0)):
        store(seconds, duration=duration)
    assert estimate("glm", 100, 4800.0).seconds == pytest.approx(200**0.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "glm@paper"},
        {"label": "glm-log"},
        {"resumed": True},
        {"hardware": {"cpu": "a processor", "cores": 3, "gpu": "a graphics card"}},
        {"estimator": {"bin_width": 0.1}},
    ],
    ids=["another preset", "another method", "a rest", "another device", "other settings"],
)
def test_only_comparable_runs_count(changes, store):
    store(10.0)
    store(10.0)
    store(1000.0, **changes)
    assert estimate("glm", 100, 480.0).seconds == pytest.approx(10.0)


def test_a_damaged_run_does_not_count(store):
    store(10.0)
    path = store(1000.0)
    path.write_text(path.read_text()[:100])
    assert estimate("glm", 100, 480.0).seconds == pytest.approx(10.0)


def test_a_method_without_stored_runs_has_no_estimate(store):
    assert estimate("glm", 100, 480.0) is None


@pytest.mark.parametrize(
    ("factor", "words"), [(1.5, ", give or take a factor of 1.5"), (None, " by extrapolation")]
)
def test_a_cost_is_one_line(factor, words):
    cost = Cost(seconds=240.0, factor=factor, memory=2e9, machine="2 cores, a processor")
    assert str(cost) == (
        f"about 4 minutes{words}, and 2 GB for an array of all bins, "
        "on the machine of the stored runs (2 cores, a processor)"
    )


def test_the_runs_of_the_book_tell_of_most_methods(monkeypatch):
    monkeypatch.delenv("CIRCUITLIB_RESULTS", raising=False)
    assert results_folder().is_dir()
    labels = [label for method in METHODS.values() for label in method.labels]
    costs = {label: estimate(label, 100, 480.0) for label in labels}
    assert sum(cost is not None for cost in costs.values()) > 0.9 * len(labels)
    # Structure modules train for fixed numbers of steps; the spikes are read some times more.
    longer = estimate("gnn", 100, 4800.0)
    assert costs["gnn"].seconds < longer.seconds < 10.01 * costs["gnn"].seconds
