"""A page needs nothing but itself, escapes all names, and shows the numbers of the weights file."""

import base64
import csv
import gzip
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from circuitlib.methods.weights_file import load_weights
from circuitlib.report.listing import connections
from circuitlib.report.page import MOST_ROWS, render

#: Elements without an end.
VOID = {"meta", "img", "br", "hr", "input", "link"}
NASTY = "<script>alert(1)</script>"


class Page(HTMLParser):
    """The elements of a page; what is not closed in order is an error."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text, self.rows = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in {tag}"
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if "td" in self.open[-2:] or "th" in self.open[-2:]:
            self.rows[-1][-1] += data

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def content_of(address):
    head, _, content = address.partition(",")
    assert head.startswith("data:")
    assert head.endswith(";base64")
    return base64.b64decode(content, validate=True)


@pytest.fixture
def page(made_up):
    return Page(render(made_up(name=NASTY + "ü.npz")))


def test_the_page_is_whole_and_says_its_language(page):
    assert page.all("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in page.all("meta")
    assert any(each.get("name") == "viewport" for each in page.all("meta"))
    [title] = [number for number, (tag, _) in enumerate(page.found) if tag == "title"]
    assert title > 0
    headings = [tag for tag, _ in page.found if re.fullmatch(r"h\d", tag)]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    ids = [attrs["id"] for _, attrs in page.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [each["href"][1:] for each in page.all("a") if each["href"].startswith("#")]
    assert links
    assert set(links) <= set(ids)


def test_nothing_is_fetched_and_nothing_is_run(page):
    assert not {tag for tag, _ in page.found} & {"script", "link", "iframe", "object", "base"}
    for tag, attrs in page.found:
        assert not any(name.startswith("on") for name in attrs), tag
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert attrs.get(name, "#").startswith(("#", "data:")), (tag, name)
    [policy] = [each for each in page.all("meta") if "http-equiv" in each]
    assert "default-src 'none'" in policy["content"]
    style = "".join(page.text)
    assert "url(" not in style
    assert "@import" not in style


def test_names_from_files_are_text_and_nothing_else(made_up):
    findings = made_up(name=NASTY + "ü.npz")
    text = render(findings)
    page = Page(text)
    assert "<script" not in text
    assert "<b>bold" not in text
    assert "<i>marks" not in text
    shown = "".join(page.text)
    assert f"Connections in {NASTY}ü.npz" in shown
    for name in findings.recording.units[1:]:
        assert any(row[:2] == [NASTY, name] for row in page.rows)
    assert "{{ 7 * 7 }}" in shown
    assert "49" not in [cell for row in page.rows for cell in row]


def test_each_figure_has_words_for_those_who_do_not_see_it(page):
    images = page.all("img")
    assert len(images) >= 5
    for image in images:
        assert len(image["alt"]) > 40
        assert content_of(image["src"]).startswith(b"\x89PNG")
    alts = [image["alt"] for image in images]
    assert len(set(alts)) == len(alts)
    assert "".join(page.text).count("What to look for:") == len(images)


def test_the_list_has_the_numbers_of_the_weights_file(made_up, tmp_path):
    findings = made_up()
    page = Page(render(findings))
    [archive] = [each for each in page.all("a") if each.get("download", "").endswith(".npz")]
    (tmp_path / "w.npz").write_bytes(content_of(archive["href"]))
    stored = load_weights(tmp_path / "w.npz")
    np.testing.assert_array_equal(stored.weights, findings.inferred.weights)
    np.testing.assert_array_equal(stored.errors, findings.inferred.errors)
    place = {name: number for number, name in enumerate(stored.units)}
    listed = connections(findings)
    assert listed
    for row, each in zip(_list_of(page), listed, strict=True):
        post, pre = place[each.post], place[each.pre]
        assert row[:2] == [each.pre, each.post]
        assert float(row[2]) == pytest.approx(stored.weights[post, pre], rel=1e-3)
        assert float(row[3]) == pytest.approx(stored.errors[post, pre], rel=1e-1)
    assert sorted(listed, key=lambda each: -abs(each.z)) == listed
    with np.load(tmp_path / "w.npz") as held:
        assert held["claimed"].sum() == len(listed)
        assert {"z", "excess_shifted", "z_jittered", "adjusted"} <= set(held.files)


def _list_of(page):
    """Return the rows of the list of connections."""
    [start] = [number for number, row in enumerate(page.rows) if row[:2] == ["from", "to"]]
    rest = page.rows[start + 1 :]
    ends = [number for number, row in enumerate(rest) if len(row) != len(page.rows[start])]
    return rest[: ends[0]]


def test_the_table_holds_all_pairs_with_all_digits(made_up):
    findings = made_up()
    page = Page(render(findings))
    [table] = [each for each in page.all("a") if each.get("download", "").endswith(".csv")]
    rows = list(csv.DictReader(io.StringIO(content_of(table["href"]).decode())))
    assert len(rows) == 5 * 4
    units, weights = list(findings.inferred.units), findings.inferred.weights
    for row in rows:
        at = units.index(row["post"]), units.index(row["pre"])
        assert float(row["weight"]) == weights[at]
        assert float(row["z_shifted"]) == pytest.approx(
            findings.claims.beyond["shifted"].z[at], rel=1e-3
        )
    claimed = {(row["pre"], row["post"]) for row in rows if row["claimed"] == "1"}
    assert claimed == {(each.pre, each.post) for each in connections(findings)}


def test_three_hundred_units_give_a_page_that_opens(made_up):
    findings = made_up(300, units=None)
    text = render(findings)
    assert len(text) < 20e6
    page = Page(text)
    assert len(connections(findings)) > MOST_ROWS
    assert len(_list_of(page)) == MOST_ROWS
    assert f"The surest {MOST_ROWS} of" in "".join(page.text)
    [table] = [each for each in page.all("a") if ".csv" in each.get("download", "")]
    assert table["download"].endswith(".csv.gz")
    rows = gzip.decompress(content_of(table["href"])).decode().splitlines()
    assert len(rows) == 1 + 300 * 299


def test_without_errors_there_is_no_list_and_the_page_says_why(made_up):
    page = Page(render(made_up(errors=False)))
    shown = "".join(page.text)
    assert "No connection can be claimed" in shown
    assert "gives its weights no errors" in shown
    assert not any(row[:2] == ["from", "to"] for row in page.rows)


def test_weights_that_are_symmetric_come_once(made_up):
    findings = made_up(symmetric=True)
    listed = connections(findings)
    pairs = {frozenset((each.pre, each.post)) for each in listed}
    assert len(pairs) == len(listed) > 0
    assert "holds weights to be equal in both directions" in render(findings)


def test_a_reader_of_a_phone_and_a_printer_are_thought_of(made_up):
    text = render(made_up())
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    page = Page(text)
    framed = 0
    for number, (tag, _) in enumerate(page.found):
        if tag == "table":
            before = page.found[number - 1]
            assert before[1].get("class") == "frame"
            assert before[1].get("tabindex") == "0"
            framed += 1
    assert framed >= 3


def test_the_same_findings_give_the_same_page(made_up):
    assert render(made_up()) == render(made_up())
