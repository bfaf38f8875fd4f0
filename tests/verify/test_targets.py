"""`verify`, its report as JSON and as text; no torch needed."""

import json

import numpy as np
import pytest
from attrs import evolve
from rich.console import Console

from wanmeter import InvalidValueError, Report, UnknownNameError, configure
from wanmeter.errors import MissingExtraError
from wanmeter.verify import Check, Relation, Section, Table, Verification, targets, verify
from wanmeter.verify.json_text import to_json
from wanmeter.verify.text import render

RUN = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")


def test_core_needs_no_torch_and_says_so_in_its_environment(monkeypatch):
    monkeypatch.setattr(targets, "find_spec", lambda _: None)
    made = verify(RUN, targets=["core"], layer_impls=["shared", "wan2_1"])
    assert made.holds
    assert made.layer_impls == ("shared", "wan2_1")
    assert {"wanmeter", "torch", "diffusers", "transformers", "platform", "date"} <= set(
        made.environment
    )


def test_everything_else_names_what_is_missing(monkeypatch):
    monkeypatch.setattr(targets, "find_spec", lambda name: None if name == "diffusers" else name)
    with pytest.raises(MissingExtraError) as caught:
        verify(RUN, targets=["core", "layers"])
    assert str(caught.value) == ("verification needs diffusers: pip install 'wanmeter[verify]'")


def test_unknown_targets_and_backends_are_refused():
    with pytest.raises(UnknownNameError, match="unknown target 'layer'; did you mean 'layers'"):
        verify(RUN, targets=["layer"])
    with pytest.raises(UnknownNameError, match="unknown target array"):
        verify(RUN, targets=[np.array(["core"])])
    with pytest.raises(UnknownNameError, match="unknown layer_impl 'both'"):
        verify(RUN, targets=["core"], layer_impls=["both"])


def test_it_takes_what_configure_takes():
    """A run, or names and override texts."""
    by_name = verify(
        "wan2_1_t2v_1_3b", "wan2-1-ci-tiny", overrides=["vae.bits=16"], targets=["core"]
    )
    assert by_name.run.vae.bits == 16
    assert by_name.holds
    with pytest.raises(InvalidValueError, match="model: got 5; allowed: a name or a ModelSpec"):
        verify(5, targets=["core"])


@pytest.mark.parametrize("of", [Report.of])
def test_a_run_is_wanted(of):
    with pytest.raises(InvalidValueError, match="run: got 5; allowed: a Run"):
        of(5)


def check(subject, analytic, measured, layer_impl="shared", **changes):
    return Check(
        subject=subject,
        quantity="flops",
        layer_impl=layer_impl,
        analytic=analytic,
        measured=measured,
        **changes,
    )


MADE = Verification(
    run=RUN,
    layer_impls=("shared", "wan2_1"),
    sections=(
        Section(
            name="layers",
            note="module by module",
            checks=(
                check("blocks", 2**70, 2**70),
                check("blocks", 2**70, 2**70, "wan2_1"),
                check("blocks/ffn", 1000, 1001),
                check("head", 5, None, reason="there is none"),
                check("io", 2, 3, relation=Relation.AT_MOST),
            ),
            tables=(
                Table(
                    title="why",
                    columns=("module", "cost_bytes", "calls"),
                    rows=(("blocks", 3 * 2**20, 1000),),
                ),
            ),
        ),
        Section(name="image-encoder", note="the model has none", absent=True),
    ),
    environment={"torch": "2.13.0", "date": "2026-01-01"},
)


def test_json_has_every_check_exactly():
    document = json.loads(to_json(MADE))
    assert document["schema"] == "wanmeter.verification/1"
    assert document["holds"] is False
    assert document["summary"] == {"holds": 3, "fails": 1, "not compared": 1}
    assert document["environment"] == MADE.environment
    assert document["model"]["name"] == "wan2_1_t2v_1_3b"
    assert document["workload"]["height"] == 256
    layers, absent = document["sections"]
    assert layers["checks"][0]["analytic"] == 2**70
    assert layers["checks"][2] == {
        "subject": "blocks/ffn",
        "quantity": "flops",
        "layer_impl": "shared",
        "relation": "equal",
        "analytic": 1000,
        "measured": 1001,
        "difference": -1,
        "outcome": "fails",
        "reason": "",
        "outside": False,
    }
    assert layers["checks"][3]["outcome"] == "not compared"
    assert layers["tables"][0]["rows"] == [["blocks", 3 * 2**20, 1000]]
    assert (absent["absent"], absent["holds"], absent["checks"]) == (True, True, [])


def lines(made, *, every=True):
    console = Console(width=200)
    with console.capture() as captured:
        console.print(render(made, every=every))
    return [" ".join(line.split()) for line in captured.get().splitlines()]


def test_text_folds_backends_that_say_the_same_and_begins_with_the_verdict():
    text = lines(MADE)
    amount = f"{2**70:,}"
    assert f"blocks flops shared, wan2_1 {amount} {amount} 0 holds" in text
    assert "blocks/ffn flops shared 1,000 1,001 -1 fails" in text
    assert "head flops shared 5 - - not compared: there is none" in text
    assert "io flops shared 2 3 x 1.500 holds" in text
    assert "module cost MiB calls" in text
    assert "blocks 3.00 1,000" in text
    assert "image-encoder: the model has none" in text
    assert "NOT VERIFIED: 3 holds, 1 fails, 1 not compared" in text[:4]


def test_text_tells_what_does_not_hold_and_what_bounds_leave():
    text = lines(MADE, every=False)
    assert "layers: 3 holds, 1 fails, 1 not compared" in " ".join(text)
    assert "blocks/ffn flops shared 1,000 1,001 -1 fails" in text
    assert "head, flops, shared: not compared: there is none" in text
    assert "image-encoder: the model has none" in text
    assert not any(line.startswith("blocks flops") for line in text)
    assert "io flops 2 B 3 B 1.500" in text


def test_text_says_when_all_is_well():
    section = evolve(MADE.sections[0], checks=MADE.sections[0].checks[:2])
    text = lines(evolve(MADE, sections=(section,)))
    assert "verified: 2 holds, 0 fails, 0 not compared" in text[:4]
