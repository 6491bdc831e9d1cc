"""A weights file comes back as it was written, and is refused if its content was changed."""

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.methods.weights_file import InferredWeights, load_weights


def test_tampered_weights_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = np.random.default_rng(0).normal(size=(4, 4))
    InferredWeights.of(weights, "precision", {"seed": 0}, 10e-3, 0.9, None).save("w.npz")
    np.testing.assert_array_equal(load_weights("w.npz").weights, weights)
    arrays = dict(np.load("w.npz"))
    for changes, message in (
        ({"settings": np.array("{")}, "damaged"),
        ({"weights": arrays["weights"][:2]}, "must have shape"),
        ({"train_fraction": np.array(2.0)}, "between 0 and 1"),
    ):
        np.savez("x.npz", **(arrays | changes))
        with pytest.raises(ArchiveError, match=message):
            load_weights("x.npz")


def test_names_of_units_come_back_and_older_files_have_numbers(tmp_path):
    inferred = InferredWeights.of(np.ones((2, 2)), "tca", {}, 1e-2, 0.9, None, units=("x", "y"))
    inferred.save(tmp_path / "w.npz")
    assert load_weights(tmp_path / "w.npz").units == ("x", "y")
    arrays = dict(np.load(tmp_path / "w.npz"))
    del arrays["units"]
    np.savez(tmp_path / "old.npz", **arrays)
    assert load_weights(tmp_path / "old.npz").units == ("0", "1")


def test_errors_come_back_beside_the_weights_and_in_the_table(tmp_path):
    weights, errors = np.arange(9.0).reshape(3, 3), np.full((3, 3), 0.5)
    weights[0], errors[0] = np.nan, np.nan
    errors[2, 1] = 0.25
    inferred = InferredWeights.of(weights, "gnn", {}, 1e-4, 0.9, None, None, errors)
    inferred.save(tmp_path / "w.npz")
    found = load_weights(tmp_path / "w.npz")
    np.testing.assert_array_equal(found.errors, errors)
    found.to_csv(tmp_path / "w.csv")
    rows = (tmp_path / "w.csv").read_text().splitlines()
    assert rows == [
        "pre,post,weight,error",
        "0,1,3.0,0.5",
        "0,2,6.0,0.5",
        "1,2,7.0,0.25",
        "2,1,5.0,0.5",
    ]


@pytest.mark.parametrize("errors", [-np.ones((2, 2)), np.full((2, 2), np.inf), np.ones((3, 3))])
def test_errors_that_cannot_be_are_refused(errors, tmp_path):
    InferredWeights.of(np.ones((2, 2)), "gnn", {}, 1e-4, 0.9, None).save(tmp_path / "w.npz")
    np.savez(tmp_path / "x.npz", **dict(np.load(tmp_path / "w.npz")), errors=errors)
    with pytest.raises(ArchiveError, match="damaged"):
        load_weights(tmp_path / "x.npz")


def test_a_name_that_comes_twice_is_refused():
    with pytest.raises(ValueError, match="'x' comes twice"):
        InferredWeights.of(np.ones((2, 2)), "tca", {}, 1e-2, 0.9, None, units=("x", "x"))


def test_weights_take_their_places_among_all_units():
    weights = np.arange(4.0).reshape(2, 2)
    inferred = InferredWeights.of(weights, "tca", {}, 1e-2, 0.9, None, units=("c", "a"))
    everyone = inferred.among(("a", "b", "c"))
    assert (everyone[2, 2], everyone[2, 0], everyone[0, 2], everyone[0, 0]) == (0, 1, 2, 3)
    assert np.isnan(everyone[1]).all()
    assert np.isnan(everyone[:, 1]).all()
    with pytest.raises(ValueError, match="no unit 'c'"):
        inferred.among(("a", "b"))


def test_settings_that_could_not_be_read_are_not_written(tmp_path):
    inferred = InferredWeights.of(np.ones((2, 2)), "tca", {"l2": np.inf}, 1e-2, 0.9, None)
    with pytest.raises(ValueError, match="JSON"):
        inferred.save(tmp_path / "w.npz")
    assert not list(tmp_path.iterdir())
