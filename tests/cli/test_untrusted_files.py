"""What a file says about itself is checked before it is used, and refused in one line."""

import json
import os

import numpy as np
import pytest

from circuitlib.__main__ import main
from circuitlib._npz import ArchiveError
from circuitlib.files.load import load
from circuitlib.methods.weights_file import InferredWeights, load_weights
from circuitlib.simulation.networks import RandomNetwork, RingNetwork
from circuitlib.simulation.simulator import simulate

DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000
LESS_DEEP = '{"a":' * 50 + "1" + "}" * 50
HUGE = json.dumps({"a": "x" * 2_000_000})


@pytest.fixture(scope="module")
def spikes():
    """Return what a file of a simulation holds."""
    return simulate(RingNetwork(), duration=0.5, seed=0).arrays()


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Return what a weights file holds."""
    path = tmp_path_factory.mktemp("weights") / "w.npz"
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    InferredWeights.of(matrix, "precision", {"seed": 0}, 10e-3, 0.9, None).save(path)
    return dict(np.load(path))


def refused(read, command, message, capsys):
    """Check that Python and the command line refuse a file in one line each."""
    with pytest.raises(ArchiveError, match=message) as caught:
        read("x.npz")
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)
    assert main(command) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line == f"circuitlib: {caught.value}"


INFER = ["infer", "x.npz", "--method", "precision", "-o", "w.npz"]
EXPORT = ["export", "x.npz", "-o", "w.csv"]

TEXTS = {
    "no JSON": ("{", "not JSON"),
    "nested too deep": (DEEP, "levels deep"),
    "nested deeper than settings are": (LESS_DEEP, "levels deep"),
    "huge": (HUGE, "too long"),
    "a list": ("[1, 2]", "must be a JSON object"),
    "not a number": ('{"a": NaN}', "no finite number"),
    "infinite": ('{"a": -Infinity}', "no finite number"),
    "too large for a number": ('{"a": 1e999}', "no finite number"),
    "ten thousand digits": ('{"a": ' + "1" * 10_000 + "}", "digits"),
}


@pytest.mark.parametrize(("text", "message"), TEXTS.values(), ids=TEXTS.keys())
def test_settings_that_are_no_plain_json_are_refused(
    text, message, spikes, weights, folder, capsys
):
    np.savez("x.npz", **(spikes | {"settings": np.array(text)}))
    refused(load, INFER, message, capsys)
    for name in ("settings", "versions"):
        np.savez("x.npz", **(weights | {name: np.array(text)}))
        refused(load_weights, EXPORT, message, capsys)


@pytest.mark.parametrize("stored", [np.array(3.0), np.array(["{}", "{}"]), np.array(b"{}")])
def test_settings_that_are_no_text_are_refused(stored, spikes, weights, folder, capsys):
    np.savez("x.npz", **(spikes | {"settings": stored}))
    refused(load, INFER, "must be a text", capsys)
    np.savez("x.npz", **(weights | {"settings": stored}))
    refused(load_weights, EXPORT, "must be a text", capsys)


SETTINGS = {
    "spiking": ({"spiking": "poisson"}, "`spiking` must be one of"),
    "spiking as a list": ({"spiking": ["lnp"]}, "`spiking` must be one of"),
    "a long word": ({"spiking": "x" * 100_000}, "`spiking` must be one of"),
    "noise": ({"noise": None}, "`noise` must be one of"),
    "threshold as a text": ({"threshold": "1e-3"}, "`threshold` must be numbers"),
    "threshold as a truth value": ({"threshold": True}, "`threshold` must be one finite"),
    "no threshold": ({"threshold": None}, "`threshold` must be numbers"),
    "seed as a fraction": ({"seed": 0.5}, "`seed` must be a whole number"),
    "seed as a truth value": ({"seed": True}, "`seed` must be a whole number"),
    "negative seed": ({"seed": -1}, "`seed` must be a whole number"),
    "negative burn-in": ({"burn_in": -1.0}, "`burn_in`"),
    "burn-in as a list": ({"burn_in": [1.0, 2.0]}, "`burn_in`"),
    "network as a list": ({"network": []}, "`network` must be settings"),
    "no network": ({"network": None}, "`network` must be settings"),
    "unknown": ({"colour": "red"}, "unknown 'colour'"),
    "unknown, in two lines": ({"a\nb": 1}, "unknown"),
    "unknown and long": ({"a" * 100_000: 1}, "unknown"),
}


@pytest.mark.parametrize(("changes", "message"), SETTINGS.values(), ids=SETTINGS.keys())
def test_settings_of_a_simulation_are_checked(changes, message, spikes, folder, capsys):
    settings = json.loads(str(spikes["settings"])) | changes
    np.savez("x.npz", **(spikes | {"settings": np.array(json.dumps(settings))}))
    refused(load, INFER, message, capsys)


NETWORKS = {
    "a billion neurons": ({"n_neurons": 10**9}, "100 spike trains but a network of 1000000000"),
    "neurons as a fraction": ({"n_neurons": 100.0}, "`n_neurons` must be a whole number"),
    "neurons as a text": ({"n_neurons": "100"}, "`n_neurons` must be a whole number"),
    "one neuron": ({"n_neurons": 1}, "at least two neurons"),
    "a step of a nanosecond": ({"dt": 1e-9}, "`dt` must be at least"),
    "a step longer than tau": ({"dt": 0.1}, "must be shorter than `tau`"),
    "negative tau": ({"tau": -0.01}, "`tau` must be positive"),
    "tau as a text": ({"tau": "0.01"}, "`tau` must be numbers"),
    "tau as an object": ({"tau": {}}, "`tau` must be numbers"),
    "negative noise": ({"noise": -0.1}, "`noise` must be zero or positive"),
    "strength as a truth value": ({"strength": True}, "`strength` must be one finite"),
    "strength too large": ({"strength": 10**400}, "`strength` must be numbers"),
    "no strength": ({"strength": 0}, "`strength` must be positive"),
    "kind": ({"kind": "torus"}, "no network of kind 'torus'"),
    "kind as a list": ({"kind": ["ring"]}, "no network of kind"),
    "additional": ({"wiring_seed": 0}, "unknown 'wiring_seed'"),
}


@pytest.mark.parametrize(("changes", "message"), NETWORKS.values(), ids=NETWORKS.keys())
def test_the_network_of_a_simulation_is_checked(changes, message, spikes, folder, capsys):
    settings = json.loads(str(spikes["settings"]))
    settings["network"] |= changes
    np.savez("x.npz", **(spikes | {"settings": np.array(json.dumps(settings))}))
    refused(load, INFER, message, capsys)


@pytest.mark.parametrize("missing", ["seed", "network", "threshold"])
def test_a_missing_setting_is_named(missing, spikes, folder, capsys):
    settings = json.loads(str(spikes["settings"]))
    del settings[missing]
    np.savez("x.npz", **(spikes | {"settings": np.array(json.dumps(settings))}))
    refused(load, INFER, f"lacks `{missing}`", capsys)


def test_a_network_without_one_of_its_settings_is_refused(spikes, folder, capsys):
    settings = json.loads(str(spikes["settings"]))
    del settings["network"]["gain"]
    np.savez("x.npz", **(spikes | {"settings": np.array(json.dumps(settings))}))
    refused(load, INFER, "lacks `gain`", capsys)


def test_a_wiring_seed_is_checked(folder, capsys):
    network = RandomNetwork(n_neurons=20)
    arrays = simulate(network, duration=0.5, threshold=9e-4).arrays()
    settings = json.loads(str(arrays["settings"]))
    settings["network"]["wiring_seed"] = [1]
    np.savez("x.npz", **(arrays | {"settings": np.array(json.dumps(settings))}))
    refused(load, INFER, "`wiring_seed` must be a whole number", capsys)


def test_true_weights_that_are_not_those_of_the_network_are_refused(spikes, folder, capsys):
    for stored, message in (
        (spikes["weights"][:5], "does not fit"),
        (2 * spikes["weights"], "disagree"),
        (spikes["weights"].astype(str), "disagree"),
    ):
        np.savez("x.npz", **(spikes | {"weights": stored}))
        refused(load, INFER, message, capsys)


WEIGHTS = {
    "weights as texts": ({"weights": np.full((3, 3), "1.0")}, "`weights` must be numbers"),
    "complex weights": ({"weights": np.full((3, 3), 1j)}, "`weights` must be numbers"),
    "not square": ({"weights": np.zeros((3, 2))}, "must have shape"),
    "one number": ({"weights": np.array(1.0)}, "must have shape"),
    "infinite": ({"weights": np.full((3, 3), np.inf)}, "infinite"),
    "nothing inferred": ({"weights": np.full((3, 3), np.nan)}, "only NaN"),
    "method as a number": ({"method": np.array(3)}, "`method` must be a short name"),
    "method in two lines": ({"method": np.array("a\nb")}, "`method` must be a short name"),
    "a long method": ({"method": np.array("x" * 1000)}, "`method` must be a short name"),
    "bins as a text": ({"bin_width": np.array("1")}, "`bin_width` must be numbers"),
    "negative bins": ({"bin_width": np.array(-1.0)}, "`bin_width` must be positive"),
    "infinite bins": ({"bin_width": np.array(np.inf)}, "`bin_width` must be one finite"),
    "fraction": ({"train_fraction": np.array(2.0)}, "between 0 and 1"),
    "infinite bits": ({"bits_per_spike": np.array(np.inf)}, "`bits_per_spike` must be one"),
    "bits as a list": ({"bits_per_spike": np.zeros(2)}, "`bits_per_spike` must be one"),
    "versions": ({"versions": np.array('{"numpy": 2}')}, "`versions` must be texts"),
    "units as numbers": ({"units": np.arange(3)}, "`units` must be one text"),
    "a unit twice": ({"units": np.array(["a", "b", "a"])}, "'a' comes twice"),
    "too few units": ({"units": np.array(["a", "b"])}, "`units` names 2 neurons"),
}


@pytest.mark.parametrize(("changes", "message"), WEIGHTS.values(), ids=WEIGHTS.keys())
def test_the_content_of_a_weights_file_is_checked(changes, message, weights, folder, capsys):
    np.savez("x.npz", **(weights | changes))
    refused(load_weights, EXPORT, message, capsys)


def test_what_is_no_file_is_refused_without_waiting_for_it(folder, capsys):
    os.mkfifo("pipe.npz")
    (folder / "folder.npz").mkdir()
    for path in ("pipe.npz", "folder.npz", "/dev/zero", "/dev/null"):
        (folder / "x.npz").unlink(missing_ok=True)
        (folder / "x.npz").symlink_to(path)
        refused(load_weights, EXPORT, "is a folder|is a device or a pipe", capsys)
    assert main(["score", "/dev/zero", "--truth", "pipe.npz"]) == 2
