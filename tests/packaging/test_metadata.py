"""Metadata that is stated twice is the same in both places."""

import tomllib
from pathlib import Path

import yaml

from wanmeter import __version__

ROOT = Path(__file__).parent.parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = PYPROJECT["project"]
    assert citation["version"] == __version__
    assert citation["license"] == project["license"]
    assert citation["authors"] == project["authors"]
    assert citation["keywords"] == project["keywords"]


def test_pre_commit_runs_the_ruff_of_lint():
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    (ruff,) = (repo for repo in repos if repo["repo"].endswith("/ruff-pre-commit"))
    assert PYPROJECT["dependency-groups"]["lint"] == [f"ruff=={ruff['rev'].removeprefix('v')}"]
