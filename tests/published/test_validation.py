"""A validation as a document: what was written is read, and anything else is one error that says where."""

import json
from copy import deepcopy

import pytest
from attrs import asdict
from hypothesis import given

from tests.published.made_up import many, predict, row
from wanmeter import DocumentError, InvalidValueError
from wanmeter.published import Validation, validate_memory

MADE = validate_memory(predict)
DOCUMENT = MADE.to_dict()


def edited(*path, value):
    """The document as JSON with one value replaced, or left out where `value` is `...`."""
    document = deepcopy(DOCUMENT)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document)


def test_the_document_has_every_key_of_its_schema():
    assert DOCUMENT["schema"] == "wanmeter.validation/1"
    assert list(DOCUMENT) == [
        *("schema", "quantity", "assumptions", "statistics", "median_half_width"),
        *("rows", "others", "implausible"),
    ]
    assert list(DOCUMENT["rows"][0]) == [
        *("id", "model", "task", "gpu", "n_gpus", "width", "height", "num_frames", "overrides"),
        *("source", "published", "predicted", "low", "high", "phase"),
    ]


def test_the_document_says_what_was_chosen_in_view_of_the_tables():
    chosen = [text for text in DOCUMENT["assumptions"] if "CHOSEN after seeing" in text]
    assert any(text.startswith("profile.conv_workspace") for text in chosen)


def test_statistics_in_the_document_are_those_of_its_rows():
    made = {name: asdict(errors) for name, errors in MADE.statistics.items()}
    assert DOCUMENT["statistics"] == made


@given(rows=many())
def test_what_was_written_is_read(rows):
    made = Validation(quantity="gib", assumptions=("none",), rows=rows)
    again = Validation.from_json(made.to_json())
    assert again == made
    assert again.to_json() == made.to_json()


def test_a_file_is_read(tmp_path):
    path = tmp_path / "memory.json"
    path.write_text(MADE.to_json())
    assert Validation.from_file(path) == MADE
    with pytest.raises(DocumentError, match=r"nowhere\.json"):
        Validation.from_file(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "wanmeter.report/1", "not a validation: schema 'wanmeter.report/1'"),
        (("quantity",), "watts", "quantity: got 'watts'; allowed: gib, seconds"),
        (("quantity",), ..., "'quantity' is missing"),
        (("assumptions",), "none", "assumptions: got 'none'"),
        (("more",), 1, "unknown key 'more'"),
        (("rows",), {}, "rows: not a list"),
        (("rows", 0, "published"), "8.19", "832x480-4090-1-gib: published: got '8.19'"),
        (("rows", 0, "published"), -1, "a positive number"),
        (("rows", 0, "n_gpus"), 1.0, "n_gpus: got 1.0"),
        (("rows", 0, "low"), None, "low: got None"),
        (("rows", 0, "phase"), ..., "'phase' is missing"),
        (("rows", 0, "overrides"), [1], "overrides: got"),
        (("rows", 0, "error"), 0.1, "unknown key 'error'"),
        (("rows", 1, "id"), DOCUMENT["rows"][0]["id"], "allowed: each id once"),
        (("statistics", "known", "rows"), 69, "statistics: known: does not follow from the rows"),
        (("statistics", "band"), ..., "'band' is missing"),
        (("statistics", "band", "mean_absolute"), "0", "mean_absolute"),
        (("statistics", "median"), {}, "unknown key 'median'"),
    ],
)
def test_anything_else_is_refused_by_its_place(path, value, message):
    with pytest.raises(DocumentError) as caught:
        Validation.from_json(edited(*path, value=value), where="memory.json")
    assert str(caught.value).startswith("memory.json")
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["published", "predicted", "low"])
def test_no_number_of_a_row_can_be_changed_alone(name):
    """The statistics follow from all but the further end of a band: 8.19 is below this one."""
    value = DOCUMENT["rows"][0][name] * 1.5
    with pytest.raises(DocumentError):
        Validation.from_json(edited("rows", 0, name, value=value))


def test_a_row_is_there_once():
    with pytest.raises(InvalidValueError, match=r"validation\.rows: got 'row-0'; allowed: each id"):
        Validation(quantity="gib", assumptions=(), rows=[row(), row()])


@pytest.mark.parametrize("rows", [None, "rows", [1], [{}]])
def test_rows_are_rows(rows):
    with pytest.raises(
        InvalidValueError, match=r"validation\.rows: got .*; allowed: a (tuple|Row)"
    ):
        Validation(quantity="gib", assumptions=(), rows=rows)
