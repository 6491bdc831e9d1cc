"""The project's files say the same thing about versions, addresses and dependencies."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
EXTRAS = PROJECT["optional-dependencies"].values()
REQUIREMENTS = [
    Requirement(text)
    for text in [*PROJECT["dependencies"], *(t for extra in EXTRAS for t in extra)]
]


def _pins():
    [listed] = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    pins = [Requirement(text) for text in listed if not text.startswith("-")]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_environment_pins_every_dependency_within_its_bounds(requirement):
    version = _pins()[canonicalize_name(requirement.name)]
    assert re.fullmatch(r"[\w.]+", version), "an exact version"
    assert requirement.specifier.contains(version, prereleases=True)


def test_environment_pins_nothing_else():
    assert _pins().keys() == {canonicalize_name(r.name) for r in REQUIREMENTS}


def test_environment_has_the_tested_python():
    assert "python=3.11" in ENVIRONMENT["dependencies"]
    assert PROJECT["requires-python"] == ">=3.11"


def test_the_library_sets_lower_bounds_only():
    for text in PROJECT["dependencies"]:
        assert {part.operator for part in Requirement(text).specifier} == {">="}, text


def test_the_repository_has_one_address():
    theme = CONFIG["sphinx"]["config"]["html_theme_options"]
    assert {
        PROJECT["urls"]["Repository"],
        CONFIG["repository"]["url"],
        theme["repository_url"],
        CITATION["repository-code"],
    } == {PROJECT["urls"]["Repository"]}
    assert CITATION["url"] == CONFIG["html"]["baseurl"]


def test_the_version_is_the_same_everywhere():
    versions = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert PROJECT["version"] == CITATION["version"] == versions[0]


def test_the_paper_is_what_is_preferably_cited():
    paper = CITATION["preferred-citation"]
    assert paper["identifiers"][0]["value"] == "arXiv:2509.17174"
    assert paper["authors"] == [{"family-names": "Yoon", "given-names": "Kijung"}]


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=str)
def test_workflows_are_readable_and_may_write_no_contents(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"]["contents"] == "read"
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_every_package_and_the_stored_runs_are_installed():
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = [path.parent for path in (ROOT / "circuitlib").rglob("__init__.py")]
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert set(table["packages"]) == names | {"circuitlib.stored"}
    assert ROOT / table["package-dir"]["circuitlib.stored"] == ROOT / "book" / "results" / "runs"
