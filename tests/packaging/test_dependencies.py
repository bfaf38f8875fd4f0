"""Dependencies have bounds, and are listed in the documentation with their licences."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PAGE = (Path(__file__).parent.parent.parent / "docs" / "dependencies.md").read_text()


def requirements(name, extra=""):
    """What a distribution itself requires, for one of its extras or for none."""
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def needed(extra=""):
    """The names of all that is installed for wanmeter, directly or not."""
    found, waiting = set(), [requirement.name for requirement in requirements("wanmeter", extra)]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found.add(name)
            waiting += [requirement.name for requirement in requirements(name)]
    return found


def listed(heading):
    """Packages and licences of a table of the page."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\w.-]+) \| [^|]+ \| ([^|]+) \|$", section, flags=re.MULTILINE)
    return dict(rows[1:])


TABLES = {
    "": "The library and its commands",
    "plots": "Figures and pages: the extra `plots`",
    "sweep": "Sweeps and formulas: the extra `sweep`",
}


@pytest.mark.parametrize("extra", TABLES)
def test_all_that_is_needed_is_listed_with_its_licence(extra):
    table = listed(TABLES[extra])
    ours = needed(extra) - (needed() if extra else set())
    # Some of it is needed in some environments only.
    assert ours <= set(table)
    for name in ours:
        metadata = distribution(name).metadata
        stated = [metadata.get("License-Expression"), metadata.get("License")]
        stated += metadata.get_all("Classifier") or ()
        assert any(table[name].partition("-")[0] in each for each in stated if each), name


@pytest.mark.parametrize("extra", ["", "plots", "sweep", "verify"])
def test_versions_are_bounded_on_both_sides(extra):
    bounded = list(requirements("wanmeter", extra))
    assert bounded
    for requirement in bounded:
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators in ({">=", "<"}, {"=="}), requirement
