"""A weights file whose content was changed is refused."""

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
