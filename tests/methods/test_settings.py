"""Settings of a method are changed by name, or refused with what there is."""

import pytest

from circuitlib.methods.catalogue import METHODS, make
from circuitlib.methods.estimator import settings_of
from circuitlib.methods.settings import changed, parsed


def test_assignments_are_read_as_what_they_look_like():
    assert parsed(["a=3", "b=0.5", "c=validation", "d=null", "e=true", "f=[3, 5]", "g=x=y"]) == {
        "a": 3,
        "b": 0.5,
        "c": "validation",
        "d": None,
        "e": True,
        "f": [3, 5],
        "g": "x=y",
    }
    with pytest.raises(ValueError, match="takes NAME=VALUE, got 'tau'"):
        parsed(["tau"])


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("glm-rectified", {"tau": 0.02, "l2": 1.0, "bin_width": 0.005}),
        ("glm-rectified", {"l2": "validation", "self_history": True}),
        ("tca", {"rank": None}),
        ("gnn-paper", {"n_steps": 10, "device": "cpu", "tau": 1}),
        ("gnn", {"structure": "ring", "directed": True}),
        ("tca", {"rank": 4}),
        ("correlation", {"bin_width": 0.05}),
    ],
)
def test_settings_reach_the_method(method, settings):
    estimator = changed(make(method), settings)
    for name, value in settings.items():
        expected = tuple(value) if isinstance(value, list) else value
        assert getattr(estimator, name) == expected


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        ("correlation", {"tau": 0.01}, "no setting 'tau'; --set takes bin_width$"),
        ("glm-log", {"weights_": 1}, "no setting 'weights_'; --set takes bin_width, tau, link"),
        ("glm-log", {"tau": 0.0}, "`tau` must be a positive number of seconds, got 0.0"),
        ("glm-log", {"tau": "10 ms"}, "`tau` must be a positive number of seconds"),
        ("glm-log", {"bin_width": float("nan")}, "`bin_width` must be a positive number"),
        ("glm-log", {"bin_width": True}, "`bin_width` must be a positive number"),
        ("glm-log", {"link": "logit"}, "`link` must be 'log' or 'rectified', got 'logit'"),
        ("glm-log", {"l2": -1}, "`l2` must be .*a number, not negative"),
        ("glm-log", {"symmetric": 1}, "`symmetric` must be true or false, got 1"),
        ("gnn-paper", {"n_steps": 1.5}, "`n_steps` must be a whole number, got 1.5"),
        ("gnn-paper", {"n_steps": -3}, "`n_steps` must be a whole number"),
        ("gnn", {"structure": "torus"}, "`structure` must be 'free' or 'low-rank'"),
        ("gnn-paper", {"device": 3}, "`device` must be a word, got 3"),
    ],
)
def test_what_a_method_cannot_take_is_refused_with_what_it_can(method, settings, message):
    with pytest.raises(ValueError, match=message):
        changed(make(method), settings)


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_of_every_method_accepts_its_own_value(method):
    estimator = make(method)
    assert settings_of(changed(estimator, settings_of(estimator))) == settings_of(estimator)
