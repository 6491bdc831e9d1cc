"""What fits to a session allow one to say, in words that follow from the controls."""

from typing import Literal, NamedTuple

from circuitlib.head_direction.session_results import ANIMAL, Estimate, SessionResults
from circuitlib.head_direction.versions import ASLEEP

Conclusion = Literal[
    "no evidence of coupling",
    "more than one shared angle explains",
    "undecided",
    "not known",
]


class Verdict(NamedTuple):
    """What fits to a session allow one to say.

    Parameters
    ----------
    conclusion
        In a few words. "no evidence of coupling" is no evidence against it.
    sentences
        One for each step that leads there, with its numbers.
    """

    conclusion: Conclusion
    sentences: tuple[str, ...]


def session_verdict(results: SessionResults, kind: str) -> Verdict:
    """Judge a session by its controls, step by step.

    Parameters
    ----------
    results
        Fits, from :func:`circuitlib.head_direction.session_results.session_results` or
        :func:`circuitlib.head_direction.session_results.fit_session`.
    kind
        A method that was fitted untold and told of the head angle, such as ``"gnn"``.
    """
    told = f"{kind}-told"
    if not (results.has(kind, ANIMAL, "uncoupled") and results.has(told, ANIMAL, "uncoupled")):
        return Verdict("not known", ("The fits that the verdict needs are missing.",))
    first, is_more = _untold(results, kind)
    second, is_left = _told(results, told)
    sentences, conclusion = [first, second], _CONCLUSIONS[is_left]
    if is_left is not False and results.has(told, "uncoupled-internal"):
        third, is_beyond = _internal(results, told)
        sentences.append(third)
        conclusion = _CONCLUSIONS[is_beyond]
    elif is_left is not False:
        conclusion = "undecided"
    if is_left is False and is_more:
        conclusion = "undecided"
    return Verdict(conclusion, (*sentences, *_asleep(results, kind)))


_CONCLUSIONS: dict[bool | None, Conclusion] = {
    True: "more than one shared angle explains",
    False: "no evidence of coupling",
    None: "undecided",
}


def _untold(results: SessionResults, kind: str) -> tuple[str, bool | None]:
    is_more = results.difference(kind, ANIMAL, "uncoupled").exceeds
    end = {
        True: "it is larger, so tuning to the present head angle does not make all of it",
        False: "it is no larger, so the profile alone is no sign of coupling",
        None: "the difference is between one and two errors, which decides nothing",
    }[is_more]
    return (
        f"Not told of the head angle, the contrast is {_shown(results.contrast(kind))}, and in "
        f"uncoupled cells {_shown(results.contrast(kind, 'uncoupled'))}: {end}.",
        is_more,
    )


def _told(results: SessionResults, told: str) -> tuple[str, bool | None]:
    is_left = results.difference(told, ANIMAL, "uncoupled").exceeds
    end = {
        True: "the cells share more than the measured angle",
        False: "beyond the measured angle nothing is seen",
        None: "the difference is between one and two errors, which decides nothing",
    }[is_left]
    found = results.found(told), results.found(told, "uncoupled")
    text = (
        f"Told of the angle, the contrast is {_shown(results.contrast(told))}, and in uncoupled "
        f"cells {_shown(results.contrast(told, 'uncoupled'))}"
    )
    if all(found):
        mean = [round(sum(each) / len(each)) for each in found]
        text += f"; {mean[0]} and {mean[1]} connections are found"
    return f"{text}: {end}.", is_left


def _internal(results: SessionResults, told: str) -> tuple[str, bool | None]:
    is_beyond = results.difference(told, ANIMAL, "uncoupled-internal").exceeds
    end = {
        True: "one shared angle does not explain all; coupling could, and so could another cause",
        False: "one shared angle that differs from the measured one is enough, so this is no "
        "evidence of coupling between these cells, and none against it",
        None: "whether one shared angle explains all is open",
    }[is_beyond]
    control = _shown(results.contrast(told, "uncoupled-internal"))
    return (
        "In uncoupled cells that follow the angle which the cells themselves tell, the contrast "
        f"is {control}: {end}.",
        is_beyond,
    )


def _asleep(results: SessionResults, kind: str) -> list[str]:
    sentences = []
    for sleep in ASLEEP:
        if results.has(kind, sleep):
            found = results.resemblance(kind, sleep, ANIMAL)
            name = "sleep" if sleep == "sleep" else f"{sleep} sleep"
            is_alike = found.value > found.high
            end = "keep their order without a head angle to follow" if is_alike else "show no order"
            sentences.append(
                f"In {name} the weights have a rank correlation of {found.value:.2f} with those "
                f"awake, and of {found.low:.2f} to {found.high:.2f} with cells relabelled: the "
                f"cells {end}."
            )
    return sentences or ["There is no sleep in which to look for the order of the cells."]


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ± {estimate.error:.3f}"
