"""MyST Markdown of a chapter as plain Markdown, which every notebook viewer shows."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chapters import Code, Directive, Line, parse
from references import cite

ROLE = re.compile(r"(?P<code>``.+?``|(?<![}`])`[^`]+`)|\{(?P<name>[\w:]+)\}`(?P<text>[^`]+)`")
TARGET = re.compile(r"^\(([\w-]+)\)=\s*$")
EQUATION = re.compile(r"\$\$(.+?)\$\$(?:[ \t]*\(([\w-]+)\))?", re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)\s]+)\)")
BOXES = {"admonition", "note", "tip", "warning", "important", "dropdown"}


@dataclass
class Plain:
    """Converter of one chapter.

    Parameters
    ----------
    values
        Recorded values by key.
    page, raw
        Addresses of the published pages and of the repository's files, with a slash at the end.
    labels
        Text by which a label of the chapter is known: a heading, "Figure 2", "(3)".
    """

    values: dict[str, Any]
    page: str
    raw: str
    labels: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def collect(self, lines: list[str], figures: list[str]) -> None:
        """Learn the labels of a whole chapter: headings, equations, exercises and figures."""
        for number, line in enumerate(lines):
            if found := TARGET.match(line):
                heading = next((text for text in lines[number + 1 :] if text.strip()), "")
                self.labels[found[1]] = heading.lstrip("# ").strip()
        equations = [label for _, label in EQUATION.findall("\n".join(lines)) if label]
        self.labels |= {label: f"({number})" for number, label in enumerate(equations, 1)}
        for number, name in enumerate(figures, 1):
            self.labels[name] = f"Figure {number}"
        exercise = re.compile(r"\{exercise\}[ \t]*(.*)\n:label:[ \t]*([\w-]+)")
        for number, (name, label) in enumerate(exercise.findall("\n".join(lines)), 1):
            self.labels[label] = f"Exercise {number}" + (f": {name}" if name else "")

    def convert(self, text: str) -> str:
        """Return one Markdown cell as plain Markdown."""
        blocks: list[str] = []
        prose: list[str] = []
        open_solution = False
        for part in parse(text.split("\n")):
            if isinstance(part, Line):
                if not TARGET.match(part.text) and not part.text.startswith("% "):
                    prose.append(part.text)
                continue
            blocks.append(self._inline("\n".join(prose)))
            prose = []
            if isinstance(part, Code):
                blocks.append("\n".join(part.lines))
            elif part.name == "solution-start":
                name = self.labels.get(part.argument, "the exercise")
                blocks.append(f"<details><summary>Solution of {name}</summary>\n")
                open_solution = True
            elif part.name == "solution-end":
                blocks.append("</details>\n" if open_solution else "")
                open_solution = False
            else:
                blocks.append(self._directive(part))
        blocks.append(self._inline("\n".join(prose)))
        if open_solution:
            blocks.append("\n</details>")
        return re.sub(r"\n{3,}", "\n\n", "\n".join(blocks)).strip()

    def caption(self, name: str, text: str) -> str:
        """Return a figure's caption as a paragraph."""
        label = self.labels.get(name, "Figure")
        return f"**{label}.** {self._inline(text.strip())}"

    def _directive(self, part: Directive) -> str:
        body = "\n".join(part.body)
        if part.name in BOXES:
            heading = part.argument if part.argument else part.name.capitalize()
            lines = [f"**{self._inline(heading)}**", "", *self.convert(body).split("\n")]
            return "\n" + "\n".join(f"> {line}".rstrip() for line in lines) + "\n"
        if part.name == "exercise":
            heading = self.labels.get(part.options.get("label", ""), f"Exercise {part.argument}")
            return f"\n**{heading}**\n\n{self.convert(body)}\n"
        if part.name in {"figure", "image"}:
            image = f"![{part.options.get('alt', '')}]({self._address(part.argument, image=True)})"
            name = part.options.get("name", "")
            return f"\n{image}\n\n" + (self.caption(name, body) + "\n" if body.strip() else "")
        if part.name == "math":
            return f"\n$$\n{body}\n$$\n"
        raise ValueError(f"the notebook generator does not know the directive {part.name!r}")

    def _inline(self, text: str) -> str:
        text = EQUATION.sub(self._equation, text)
        roles: dict[str, Callable[[str], str]] = {
            "cite:p": lambda keys: cite(keys, textual=False),
            "cite:t": lambda keys: cite(keys, textual=True),
            "glue:text": self._glued,
            "doc": lambda name: f"[{name}]({self.page}{name}.html)",
            "term": lambda name: re.sub(r"\s*<.*>$", "", name),
            "eq": self._label,
            "numref": self._label,
            "ref": self._label,
        }

        def replace(found: re.Match[str]) -> str:
            if found["code"]:
                return found["code"]
            if found["name"] not in roles:
                raise ValueError(f"the notebook generator does not know the role {found[0]!r}")
            return roles[found["name"]](found["text"])

        text = ROLE.sub(replace, text)
        return LINK.sub(lambda m: f"{m[1]}[{m[2]}]({self._address(m[3], image=bool(m[1]))})", text)

    def _equation(self, found: re.Match[str]) -> str:
        tag = rf" \tag{{{self.labels[found[2]].strip('()')}}}" if found[2] in self.labels else ""
        return f"$${found[1].rstrip()}{tag}\n$$" if "\n" in found[1] else f"$${found[1]}{tag}$$"

    def _label(self, text: str) -> str:
        if found := re.match(r"(.+?)\s*<([\w-]+)>$", text):
            return found[1].replace("%s", self.labels.get(found[2], found[2]))
        return self.labels.get(text, text.replace("-", " "))

    def _glued(self, text: str) -> str:
        found = re.match(r"(?:.+?::)?([^:]+)(?::(.+))?$", text)
        if found is None or found[1] not in self.values:
            self.missing.add(text)
            print(f"no recorded value for {text!r}", file=sys.stderr)
            return "(not recorded yet)"
        return format(self.values[found[1]], found[2] or "")

    def _address(self, target: str, *, image: bool) -> str:
        if image:
            return (
                f"{self.raw}book/{target}" if not target.startswith("/") else self.raw + target[1:]
            )
        path, _, anchor = target.partition("#")
        folder = "" if path.startswith("../") else "book/"
        path = re.sub(r"\.md$", ".html", path.removeprefix("../"))
        return f"{self.page}{folder}{path}" + (f"#{anchor}" if anchor else "")
