"""Findings that were made up, so that a page is made in a moment."""

import numpy as np
import pytest

#: Names that would break a page which does not escape them.
NASTY = ("<script>alert(1)</script>", "\"quoted\" & 'single'", "ü → 神経", "{{ 7 * 7 }}", "a,b")


@pytest.fixture
def made_up():
    """Return findings about `n` units, of which the first excites all others."""
    # Imported late, because the shape checks are set up after this file is read.
    from circuitlib.methods.weights_file import InferredWeights
    from circuitlib.recordings.spikes import Spikes
    from circuitlib.report.claims import Estimate, claim
    from circuitlib.report.comparison import Comparison
    from circuitlib.report.findings import Findings, Origin
    from circuitlib.report.prediction import Gain, Predicted
    from circuitlib.report.quality import judge_quality

    def make(n=5, units=NASTY, name="s.npz", errors=True, symmetric=False):
        rng = np.random.default_rng(0)
        names = units if units is not None else [f"unit {k}" for k in range(n)]
        spikes = Spikes(rng.poisson(0.2, size=(1000, n)), 0.01, units=names)
        own, *draws = (Estimate(rng.normal(size=(n, n)), np.ones((n, n))) for _ in range(7))
        for each in (own, *draws):
            np.fill_diagonal(each.weights, 0)
            np.fill_diagonal(each.errors, np.nan)
        own.weights[1:, 0] = 20.0
        if symmetric:
            own = Estimate(own.weights + own.weights.T, own.errors)
        inferred = InferredWeights.of(
            own.weights,
            "single-index" if errors else "correlation",
            {"seed": 0, "epochs": "</td><script>"},
            0.01,
            0.9,
            0.5,
            units=names,
            errors=own.errors if errors else None,
        )
        controls = {"shifted": draws[:3], "jittered": draws[3:]} if errors else {}
        models = [
            Predicted("single-index model", Gain(0.5, 0.01), None, ""),
            Predicted("own history alone", Gain(0.2, 0.01), Gain(0.3, 0.01), "each by itself"),
        ]
        return Findings(
            Origin(name, "0" * 64, {"units": "<b>bold</b>"}),
            spikes,
            (),
            inferred,
            judge_quality(spikes),
            own if errors else None,
            controls,
            0.05,
            claim(own, controls) if errors else None,
            "" if errors else "The method correlation gives its weights no errors.",
            None,
            "too few.",
            {},
            None,
            Comparison(0.01, 1.0, models),
            "",
            ("a note with <i>marks</i>",),
            1.0,
        )

    return make
