"""From findings to one page of HTML that needs nothing but itself.

Every text passes through Jinja's escaping, whatever a file calls its units.
"""

import json
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure

from circuitlib._provenance import commit
from circuitlib.methods.catalogue import method_of
from circuitlib.report import embedding, figures, wording
from circuitlib.report.controls import DRAWS
from circuitlib.report.findings import Findings
from circuitlib.report.limits import limits
from circuitlib.report.listing import arrays, connections, is_symmetric, table
from circuitlib.simulation.effort import in_words

#: What marks a page as one of these.
GENERATOR = "circuitlib report"
#: Rows of the list that a page shows.
MOST_ROWS = 200

_SOURCES = (
    "Weights: single-index event model of circuitlib, or the method named below. Point-process "
    "models of coupled neurons: Truccolo et al. (2005), doi:10.1152/jn.00697.2004.",
    "Jitter and what it tests: Amarasingham et al. (2012), doi:10.1152/jn.00633.2011.",
    "Spread of the control as an empirical null distribution: Efron (2004), "
    "doi:10.1198/016214504000000089.",
    "Beyond all controls at once: Berger (1982), doi:10.2307/1267823.",
    "False discovery rate: Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.",
    "Ring: Yoon (2025), arXiv:2509.17174; the angles are learned as in circuitlib's gnn-ring.",
)


def render(findings: Findings) -> str:
    """Return the page."""
    folder = files("circuitlib.report")
    loader = jinja2.DictLoader({"page.html": (folder / "page.html").read_text(encoding="utf-8")})
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    style = Markup((folder / "page.css").read_text(encoding="utf-8"))
    return environment.get_template("page.html").render(style=style, **_content(findings))


def _content(findings: Findings) -> dict[str, Any]:
    inferred, comparison = findings.inferred, findings.comparison
    title = method_of(inferred.method).title
    listed = connections(findings)
    return {
        "generator": GENERATOR,
        "version": version("circuitlib"),
        "name": findings.origin.name,
        "subtitle": f"Inferred by the method {inferred.method} ({title}) from the first "
        f"{inferred.train_fraction:.0%} of the recording.",
        "verdict": wording.verdict(findings),
        "verdict_lines": wording.verdict_lines(findings),
        "facts": findings.quality.facts + _left_out(findings) + wording.told(findings),
        "remarks": findings.quality.remarks,
        "explained": wording.explained(findings),
        "stages": wording.stages(findings),
        "lost": wording.lost(findings),
        "no_claims": findings.no_claims,
        "columns": _columns(findings),
        "rows": _rows(findings),
        "list_note": _list_note(findings, len(listed)),
        "files": _files(findings),
        "ring_lines": wording.ring_lines(findings),
        "ring_control": "" if findings.ring is None else f"control: {findings.ring.control_name}",
        "ring_rows": wording.ring_rows(findings.ring),
        "prediction_lines": wording.prediction_lines(findings),
        "models": [] if comparison is None else [_model(each) for each in comparison.models],
        "limits": limits(inferred, findings.claims, findings.window),
        "made": _made(findings),
        "notes": findings.notes,
        "settings": _settings(findings),
        "sources": _SOURCES,
        "figures": _pictures(findings),
    }


def _left_out(findings: Findings) -> list[str]:
    if not findings.left_out:
        return []
    names = ", ".join(findings.left_out[:10]) + (" ..." if len(findings.left_out) > 10 else "")
    return [f"{wording.plural(len(findings.left_out), 'silent unit')} left out: {names}."]


def _columns(findings: Findings) -> list[str]:
    arrow = ["between", "and"] if is_symmetric(findings) else ["from", "to"]
    beyond = [f"less {name}" for name in findings.controls]
    return [*arrow, "weight", "error", *beyond, "z", "listed from a rate of"]


def _rows(findings: Findings) -> list[list[str]]:
    return [
        [
            each.pre,
            each.post,
            f"{each.weight:+.4g}",
            f"{each.error:.2g}",
            *(f"{excess:+.4g}" for excess in each.excess.values()),
            f"{each.z:+.2f}",
            f"{each.adjusted:.2g}",
        ]
        for each in connections(findings)[:MOST_ROWS]
    ]


def _list_note(findings: Findings, number: int) -> str:
    first = "The surest first. "
    if number > MOST_ROWS:
        first = f"The surest {MOST_ROWS} of {number:,}; the table below holds all. "
    claims = findings.claims
    rate = 0.0 if claims is None else claims.rate
    return (
        f"{first}Of the whole list at most {rate:.0%} are expected to be false, as far as the "
        "controls hold all that is no connection. A weight is the change of the log rate right "
        "after one spike. Beside it is what is left of it without the mean weight in each control; "
        "z is the least over the controls."
    )


def _model(model: Any) -> dict[str, Any]:
    behind = "" if model.behind is None else f"{model.behind.bits:+.3f} ± {model.behind.error:.3f}"
    bits = f"{model.over_mean.bits:.3f} ± {model.over_mean.error:.3f}"
    own = model.behind is None
    if model.note == "zero by definition":
        bits = "0"
    return {"name": model.name, "bits": bits, "behind": behind, "note": model.note, "own": own}


def _files(findings: Findings) -> dict[str, dict[str, str]]:
    address, ending = embedding.text_file(table(findings))
    return {
        "table": {"address": address, "name": f"connections{ending}", "kind": ending[1:].upper()},
        "arrays": {"address": embedding.archive(arrays(findings)), "name": "weights.npz"},
    }


def _made(findings: Findings) -> str:
    controls = len(findings.controls) * DRAWS
    return (
        f"It took {in_words(findings.seconds)} and {wording.plural(controls, 'fit')} to controls. "
        "The page needs no network and no other file."
    )


def _settings(findings: Findings) -> list[tuple[str, str]]:
    origin, inferred = findings.origin, findings.inferred
    rows = [("file", origin.name)]
    if origin.sha256 is not None:
        rows.append(("SHA-256 of the file", origin.sha256))
    rows += [(f"read with {key}", _shown(value)) for key, value in origin.reading.items()]
    rows += [("method", inferred.method)]
    own = {key: value for key, value in inferred.settings.items() if key not in origin.reading}
    rows += [(key, _shown(value)) for key, value in own.items() if key != "recording_sha256"]
    rows += [("jitter window", wording.milliseconds(findings.window))]
    rows += list(inferred.versions.items())
    known = commit()
    if known is not None:
        rows.append(("commit", known["hash"] + (" with changes" if known["dirty"] else "")))
    return rows


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _picture(made: Figure, alt: str, caption: str, look: str) -> dict[str, Any]:
    wide, high = made.get_size_inches()
    return {
        "source": embedding.image(made),
        "alt": alt,
        "caption": caption,
        "look": look,
        "height": round(660 * high / wide),
    }


def _pictures(findings: Findings) -> dict[str, Any]:
    made: dict[str, Any] = dict.fromkeys(("against", "scores", "profiles", "predictions"))
    drifting = int(findings.quality.drifting.sum())
    made["rates"] = _picture(
        figures.rates(findings.quality),
        f"Left, a dot for the mean rate of each of {findings.recording.n_neurons} units. Right, "
        f"the rate of each unit over its mean in tenths of the recording; {drifting} drift.",
        "Left: mean rate of each unit. Right: rate over its mean, in tenths of the recording; "
        "units that drift in orange, the median in black.",
        "lines that rise or fall throughout, and a median that is not flat.",
    )
    made["matrices"] = _picture(
        figures.matrices(findings),
        "Matrix of weights from each unit (across) to each unit (down)"
        + ("; beside it the same with the claimed ones only." if findings.claims else "."),
        "Weights from each unit (across) to each unit (down); red excites, blue inhibits. Colours "
        "end where one weight in a hundred is larger.",
        "rows or columns of one colour, which tell of single units rather than of connections"
        + (", and what is left on the right." if findings.claims else "."),
    )
    if findings.claims is not None:
        made["against"] = _picture(
            figures.against_controls(findings),
            "For each control, the weights in the recording against those in the control, with a "
            f"line where both are equal; {int(findings.claims.claimed.sum())} claimed ones stand "
            "out.",
            "Each weight against the mean weight of the same pair in a control; on the line both "
            "are equal.",
            "dots along the line are explained by the control. Claimed ones are off the line "
            "in both panels, by some errors.",
        )
        made["scores"] = _picture(
            figures.scores(findings),
            "Histograms of the z-scores against each control, and the bell curve of chance.",
            "How the z-scores of all pairs are distributed; what is farther out is drawn at the "
            "edge.",
            "a histogram that is wider than the dashed curve holds more than chance. One that is "
            "shifted as a whole tells of what all pairs have in common, true or not.",
        )
    if findings.profiles:
        made["profiles"] = _picture(
            figures.profiles(findings),
            "Mean weight against the angle between preferred directions, for the recording and "
            "for its uncoupled control.",
            "Mean weight of pairs of units against the angle between their preferred directions, "
            "with standard errors over pairs.",
            "a shape that the control does not have. Where both agree, the shape comes from the "
            "shared angle.",
        )
    if findings.comparison is not None:
        best = findings.comparison.models[0]
        made["predictions"] = _picture(
            figures.predictions(findings.comparison),
            f"Bars of bits per spike: {best.name} {best.over_mean.bits:.2f}, beside "
            f"{len(findings.comparison.models) - 1} other models.",
            "Bits per spike on unseen spikes, with standard errors; the method of this page in "
            "blue.",
            "whether the connections add anything to what each unit's own history, or its tuning, "
            "predicts.",
        )
    return made
