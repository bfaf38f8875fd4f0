"""Two estimates: what differs, of plans and of files."""

import json
import re

import pytest

from wanmeter import DocumentError, estimate
from wanmeter.cli.output import to_text
from wanmeter.estimation.amounts import plain_duration
from wanmeter.estimation.compared import ComparedEstimate
from wanmeter.estimation.comparison import EstimateComparison, render
from wanmeter.units import GIB

SMALL = ["size=832x480", "num_frames=17", "num_inference_steps=4", "model=t2v-1.3b"]
ONE = estimate(device="h100", overrides=[*SMALL, "price_per_hour=2"])
OTHER = estimate(device="a100", overrides=[*SMALL, "price_per_hour=1"])
MADE = EstimateComparison(first=ComparedEstimate.of(ONE), second=ComparedEstimate.of(OTHER))


def test_settings_that_differ():
    assert MADE.settings == {
        "device": ("h100_sxm_80gb", "a100_sxm_80gb"),
        "attention": ("fa3", "fa2"),
        "price_per_hour": (2.0, 1.0),
    }


def test_a_comparison_is_shown_on_one_line():
    one, other = ONE.seconds.value, OTHER.seconds.value
    ends = f"{plain_duration(one)}, {plain_duration(other)}"
    wanted = f"<EstimateComparison of wan2_1_t2v_1_3b: {ends}, {other / one - 1:+.1%}>"
    assert repr(MADE) == wanted
    without = ComparedEstimate.of(estimate(overrides=SMALL))
    shown = repr(EstimateComparison(first=without, second=MADE.second))
    assert shown == "<EstimateComparison of wan2_1_t2v_1_3b: no seconds>"


def test_numbers_are_those_of_the_estimates():
    told = {pair.name: pair for pair in MADE.numbers}
    seconds = told["seconds"]
    assert (seconds.first, seconds.second) == (ONE.seconds.value, OTHER.seconds.value)
    assert seconds.change == pytest.approx(OTHER.seconds.value / ONE.seconds.value - 1)
    assert told["price"].first == ONE.price
    assert told["denoise/peak_bytes"].second == OTHER.phases[1].peak_bytes.high
    (attention,) = [term for term in ONE.terms if term.term == "attention.fa3"]
    only = told["transformer/attention.fa3 seconds"]
    assert (only.first, only.second, only.change) == (attention.seconds, None, None)


def test_a_document_is_compared_as_its_estimate():
    read = ComparedEstimate.from_json(ONE.to_json(), "a.json")
    assert read == ComparedEstimate.of(ONE)


def test_nothing_differs_from_itself():
    same = EstimateComparison(first=MADE.first, second=MADE.first)
    assert same.settings == {}
    assert same.above(0) == ()


def test_what_differs_by_more_is_above():
    """Of a number that only one estimate has nobody can say by how much."""
    names = {pair.name for pair in MADE.above(0.2)}
    assert {"seconds", "transformer/attention.fa3 seconds"} <= names
    assert "peak_bytes" not in names


def test_the_text_answers_first_and_is_80_columns_wide():
    lines = to_text(render(MADE, ("device=h100", "device=a100"))).splitlines()
    assert lines[0] == "A: device=h100: fits"
    ratio = OTHER.seconds.value / ONE.seconds.value
    assert lines[2].startswith(f"B takes {ratio:.2f} of A's time. B costs ")
    one, other = (each.peak_bytes.high / GIB for each in (ONE, OTHER))
    assert f"B peaks at {other:.2f} GiB, A at {one:.2f}." in " ".join(lines[2:4])
    assert max(len(line.rstrip()) for line in lines) <= 80


def test_the_document_has_all_numbers():
    document = json.loads(MADE.to_json(("a", "b")))
    assert document["schema"] == "wanmeter.estimate_comparison/1"
    assert document["first"] == {"name": "a", "model": "wan2_1_t2v_1_3b", "verdict": "fits"}
    assert len(document["numbers"]) == len(MADE.numbers)


def changed(path, value):
    document = json.loads(ONE.to_json())
    part = document
    for key in path[:-1]:
        part = part[key]
    if value is ...:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "wanmeter.report/1", "not an estimate"),
        (("seconds",), ..., "'seconds' is missing"),
        (("seconds", "value"), "1", "seconds: value: got '1'; allowed: a number"),
        (("terms", 0, "seconds"), -1, "got -1; allowed: a number"),
        (("phases", 0, "peak_bytes"), 1, "not a JSON object"),
        (("workload",), [], "workload: not a JSON object"),
    ],
)
def test_a_document_that_is_no_estimate_is_refused(path, value, message):
    with pytest.raises(DocumentError, match=message):
        ComparedEstimate.from_json(changed(path, value), "a.json")


def rows(comparison):
    """The rows of seconds in the table, by name, each with A and B."""
    lines = to_text(render(comparison, ("a", "b"))).splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("seconds "))
    return {
        name: [float(end.replace(",", "")) if end != "-" else 0 for end in ends[:2]]
        for name, *ends in (re.split(r"  +", line) for line in lines[begin:])
    }


def test_the_parts_in_the_table_add_up():
    told = rows(MADE)
    parts = [ends for name, ends in told.items() if "/" in name and "GiB" not in name]
    parts.append(told["the rest"])
    for whole, own in zip(told["seconds"], zip(*parts, strict=True), strict=True):
        assert sum(own) == pytest.approx(whole, abs=0.005 * (len(parts) + 1))


def test_kernels_that_serve_the_same_stand_beside_each_other():
    names = list(rows(MADE))
    at = names.index("transformer/attention.fa3")
    assert names[at + 1] == "transformer/attention.fa2"
    assert names.index("the rest") < names.index("peak GiB")


def test_no_number_is_minus_zero():
    """Peaks differ by the workspace of cuBLAS, less than half of what is shown of 69 GiB."""
    one, other = (
        ComparedEstimate.of(estimate("t2v-14b", device=name)) for name in ("h100", "a100")
    )
    text = to_text(render(EstimateComparison(first=one, second=other), ("a", "b")))
    assert re.search(r"^peak GiB .* 0\.0%$", text, re.MULTILINE)
    assert "-0.0%" not in text


def test_an_estimate_without_seconds_has_no_rest():
    without = ComparedEstimate.of(estimate(overrides=SMALL))
    text = to_text(render(EstimateComparison(first=MADE.first, second=without), ("a", "b")))
    assert re.search(r"^the rest +\d+\.\d\d +- +- +-$", text, re.MULTILINE)
