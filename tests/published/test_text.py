"""The table for people: 80 columns, every row, and what was assumed."""

import pytest
from attrs import evolve

from wanmeter.cli.output import to_text
from wanmeter.published import Prediction, validate_memory
from wanmeter.published.overrides import MEMORY_ASSUMPTIONS, overrides
from wanmeter.published.tables import official_cells
from wanmeter.published.text import render

PUBLISHED = {overrides(cell): cell.gib for cell in official_cells()}


def near(overrides):
    """Half as much again as was published, in a band from half to twice; of the 5B nothing."""
    if "model=wan2_2_ti2v_5b" in overrides:
        return None
    gib = PUBLISHED[tuple(overrides)]
    return Prediction(predicted=1.5 * gib, low=0.5 * gib, high=2 * gib, phase="vae_decode")


@pytest.fixture
def text(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    return to_text(render(validate_memory(near)))


def test_lines_are_at_most_80_columns_wide(text):
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80


def test_a_row_has_its_numbers(text):
    """1.5 x 53.9 is 80.85; half of it is 26.95, twice 107.80."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "2 x H20 53.9 80.85 +50.00% 26.95 107.80 vae_decode" in lines


def test_every_row_is_there(text):
    lines = [line for line in text.splitlines() if " x " in line[:4]]
    assert len(lines) == 70


def test_each_model_and_size_has_one_table(text):
    runs = [line.strip() for line in text.splitlines() if line.strip().endswith(" frames")]
    assert len(runs) == len(set(runs)) == 9


def test_what_is_not_covered_says_so(text):
    assert sum(line.rstrip().endswith("not covered") for line in text.splitlines()) == 6
    assert "64 of 70 rows covered" in text


def test_what_was_assumed_is_said(text):
    flat = " ".join(text.split())
    assert all(each in flat for each in MEMORY_ASSUMPTIONS)


def test_statistics_of_the_covered_rows(text):
    """All are 50 % above; all published numbers are within their bands."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "workspace as assumed 64 0 50.00% 50.00% +50.00% to +50.00%" in lines
    assert "where it changes nothing 0 0 - - -" in lines
    assert "nothing known: band 64 64 0.00% 0.00% +0.00% to +0.00%" in lines


def test_each_other_run_is_below_its_model(monkeypatch):
    """A source has runs of several models, whose rows would look alike."""
    monkeypatch.setenv("COLUMNS", "80")
    made = validate_memory(near)
    others = [evolve(row, source="a source") for row in made.rows if row.n_gpus == 1][:30]
    text = to_text(render(evolve(made, rows=(), others=others)))
    above, found = "", []
    for line in text.partition("Other published runs")[2].splitlines():
        if line.rstrip().endswith(" frames"):
            above = line.partition(",")[0]
        elif line.startswith("1 x "):
            found.append((above, line.split()[3]))
    assert len({row.model for row in others}) > 1
    assert sorted(found) == sorted((row.model, f"{row.published:,}") for row in others)
