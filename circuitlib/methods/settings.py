"""Hyper-parameters of a method, changed by name."""

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

#: Settings that are times in seconds, for which nothing but a positive number makes sense.
_TIMES = ("bin_width", "tau")


def changed(estimator: Any, settings: Mapping[str, object]) -> Any:  # no `weights_` before `fit`
    """Return a method with other hyper-parameters.

    Parameters
    ----------
    estimator
        A method, as `make` returns it.
    settings
        Values by the names of its fields.

    Returns
    -------
    ConnectivityEstimator
        A new one, not fitted.

    Raises
    ------
    ValueError
        If it has no such hyper-parameter, or the value is of another kind or out of range.
    """
    kinds = get_type_hints(type(estimator))
    names = [each.name for each in fields(estimator) if each.init]
    fitting = {}
    for name, value in settings.items():
        if name not in names:
            raise ValueError(f"this method has no setting {name!r}; --set takes {', '.join(names)}")
        fitting[name] = _fitted(value, kinds[name])
        if fitting[name] is _UNFIT or (name in _TIMES and not fitting[name] > 0):
            raise ValueError(f"`{name}` must be {_words(kinds[name], name)}, got {value!r}")
    return replace(estimator, **fitting)


def parsed(assignments: Sequence[str]) -> dict[str, object]:
    """Return settings that are written as NAME=VALUE: numbers, true, false, null, lists or words.

    Raises
    ------
    ValueError
        If an assignment has no "=".
    """
    settings: dict[str, object] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError(f"--set takes NAME=VALUE, got {assignment!r}")
        try:
            settings[name.strip()] = json.loads(text)
        except (ValueError, RecursionError):
            settings[name.strip()] = text.strip()
    return settings


_UNFIT = object()


def _fitted(value: object, kind: Any) -> Any:
    """Return a value as one of a kind, or `_UNFIT`."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        options = [_fitted(value, each) for each in get_args(kind)]
        return next((each for each in options if each is not _UNFIT), _UNFIT)
    if origin is Literal:
        return value if value in get_args(kind) else _UNFIT
    if origin is tuple:
        each = get_args(kind)[0]
        items = [_fitted(item, each) for item in value] if isinstance(value, list | tuple) else []
        return tuple(items) if items and _UNFIT not in items else _UNFIT
    if kind is types.NoneType:
        return value if value is None else _UNFIT
    if kind in (int, float) and (isinstance(value, bool) or not isinstance(value, int | float)):
        return _UNFIT
    if kind is float:
        number = float(value)  # type: ignore[arg-type]  # a number, as was just found
        return number if 0 <= number < float("inf") else _UNFIT
    if kind is int and value != int(value):  # type: ignore[call-overload]  # likewise
        return _UNFIT
    if kind is int:
        return int(value) if 0 <= value < 2**63 else _UNFIT  # type: ignore[operator,call-overload]
    return value if isinstance(value, kind) else _UNFIT


def _words(kind: Any, name: str) -> str:
    """Return what a setting may be, in words."""
    if name in _TIMES:
        return "a positive number of seconds"
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(_words(each, name) for each in get_args(kind))
    if origin is Literal:
        return " or ".join(repr(each) for each in get_args(kind))
    if origin is tuple:
        return "a list such as [3, 5, 8]"
    words = {int: "a whole number", float: "a number, not negative", bool: "true or false"}
    return "null" if kind is types.NoneType else words.get(kind, "a word")
