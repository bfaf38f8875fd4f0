"""A verification on the page: of this very run and its numbers, or refused in a line."""

import json

import pytest
from attrs import evolve

from tests.render.page.markdown import kinds_of
from wanmeter import DocumentError, InvalidValueError, configure
from wanmeter.render.figures import draw
from wanmeter.render.page import Page, to_html, to_markdown
from wanmeter.verify import Check, Relation, Section, verify
from wanmeter.verify.json_text import to_json
from wanmeter.verify.reading import read_verification

RUN = configure("wan2_1_i2v_14b", "wan2-1-ci-tiny")
PAGE = Page.of(RUN, command="wanmeter report")


@pytest.fixture(scope="module")
def verification(tmp_path_factory):
    path = tmp_path_factory.mktemp("verification") / "verification.json"
    path.write_text(to_json(verify(RUN, targets=["core"], layer_impls=["shared", "wan2_1"])))
    return path


def test_a_verification_stands_there(verification):
    page = Page.of(RUN, verification=read_verification(verification, RUN))
    for text in (to_html(page, draw(RUN, ["memory"])), to_markdown(page)):
        assert "Verified" in text
        assert "7 holds" in text
        assert "every row, every field; no torch" in text


def test_without_a_verification_there_is_no_section():
    for text in (to_html(PAGE, []), to_markdown(PAGE)):
        assert "Verification" not in text


def changed(verification, tmp_path, change):
    document = json.loads(verification.read_text())
    change(document)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document))
    return path


def test_what_fails_is_listed(verification, tmp_path):
    def fail(document):
        check = document["sections"][0]["checks"][0]
        check |= {"measured": check["analytic"] - 1, "difference": 1, "outcome": "fails"}
        document["sections"][0]["holds"] = document["holds"] = False
        document["summary"] |= {"holds": 6, "fails": 1}

    made = read_verification(changed(verification, tmp_path, fail), RUN)
    html = to_html(Page.of(RUN, verification=made), draw(RUN, ["memory"]))
    assert "Not verified" in html
    assert "core: parents equal their children: comparisons: " in html


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"analytic": None}, "no reason was given"),
        ({"measured": None}, "no reason was given"),
        ({"measured": None, "reason": "too large"}, "too large"),
        ({}, "7,000, not 6,000"),
        ({"reason": "so"}, "7,000, not 6,000: so"),
        ({"relation": Relation.AT_MOST}, "7,000 exceeds 6,000"),
    ],
)
def test_why_it_fails_is_a_sentence(verification, changes, said):
    given = {"analytic": 7000, "measured": 6000, **changes}
    check = Check(subject="law", quantity="comparisons", layer_impl="shared", **given)
    made = read_verification(verification, RUN)
    made = evolve(made, sections=(Section(name="core", note="", checks=(check,)),))
    page = Page.of(RUN, verification=made)
    assert [each.reason for each in page.failures] == [said]
    assert f"<li>core: law: comparisons: {said}</li>" in to_html(page, [])
    assert f"- core: law: comparisons: {said}\n" in to_markdown(page)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda d: d["workload"].update(num_frames=9),
            "verifies another run: workload.num_frames is 9",
        ),
        (lambda d: d["vae"].update(bits=16), "verifies another run: vae.bits is 16, not 32"),
        (lambda d: d.update(stages=["vae_decode"]), "verifies another run: stages is"),
        (lambda d: d["environment"].update(wanmeter="0.0.1"), "written by wanmeter '0.0.1', not"),
        (lambda d: d.update(holds=False), "contradicts itself"),
        (lambda d: d["summary"].update(fails=3), "contradicts itself"),
        (lambda d: d["sections"][0].update(holds=False), "contradicts itself"),
        (lambda d: d["sections"][0]["checks"][0].update(measured=1), "contradicts itself"),
        (lambda d: d["sections"][0]["checks"][0].update(analytic=1.5), "analytic: got 1.5"),
        (lambda d: d["sections"][0]["checks"][0].update(relation="above"), "relation: got 'above'"),
        (lambda d: d["sections"][0].pop("checks"), "'checks' is missing"),
        (lambda d: d.update(sections=None), "sections: not a list"),
        (lambda d: d["sections"][0].update(note="a\nb"), "note: got 'a\\nb'; allowed: printable"),
        (
            lambda d: d["sections"][0].update(note="\ud800"),
            "note: got '\\ud800'; allowed: printable",
        ),
        (
            lambda d: d["environment"].update(torch="\ud800"),
            "environment: got '\\ud800'; allowed: print",
        ),
        (lambda d: d["environment"].update({"\ud800": "1"}), "environment: got '\\ud800'"),
        (lambda d: d.update(environment=[]), "environment: not a JSON object"),
        (lambda d: d["layer_impls"].append("\n"), "layer_impls: got '\\n'; allowed: printable"),
        (lambda d: d["layer_impls"].append(5), "layer_impls: got 5; allowed: printable"),
        (lambda d: d["workload"].update(num_frames=5.0), "workload.num_frames is 5.0, not 5"),
        (lambda d: d["workload"].update(guidance=0), "workload.guidance is 0, not false"),
        (lambda d: d["model"].update(vace_layers=[1.0]), "model.vace_layers is [1.0], not []"),
        (lambda d: d["sections"][0]["checks"][0].update(analytic=True), "analytic: got True"),
        (lambda d: d["sections"][0]["checks"][0].update(analytic=-1), "analytic: got -1"),
        (lambda d: d.update(stages=["vae_decode", 1]), 'stages is ["vae_decode", 1], not ["text'),
        (lambda d: d["vae"].pop("dim"), "verifies another run: vae.dim is missing, not 96"),
        (lambda d: d["vae"].update(more=1), "verifies another run: vae.more is 1, not a setting"),
        (lambda d: d.update(vae=[]), "verifies another run: vae.dim is missing, not 96"),
        (lambda d: d.update(schema="wanmeter.report/1"), "not a verification: schema"),
        (lambda d: d.update(more=1), "unknown key 'more'"),
    ],
)
def test_a_verification_of_something_else_is_refused(verification, tmp_path, change, problem):
    with pytest.raises(DocumentError) as caught:
        read_verification(changed(verification, tmp_path, change), RUN)
    assert problem in str(caught.value)


def test_all_stages_by_name_are_all_stages(verification, tmp_path):
    named = evolve(RUN, stages=list(RUN.family.stages_of(RUN.model, RUN.workload)))
    assert read_verification(verification, named).holds
    assert Page.of(RUN, verification=verify(named, targets=["core"])).verification.holds
    path = tmp_path / "named.json"
    path.write_text(to_json(verify(named, targets=["core"])))
    assert read_verification(path, RUN).holds
    with pytest.raises(DocumentError, match="verifies another run: stages is"):
        read_verification(path, evolve(RUN, stages=["transformer"]))


def test_a_verification_of_another_run_is_refused_as_it_is():
    other = evolve(RUN, vae=evolve(RUN.vae, bits=16, weight_bits=16))
    with pytest.raises(DocumentError, match=r"verifies another run: vae\.bits is 16"):
        Page.of(RUN, verification=verify(other, targets=["core"]))


def test_a_verification_of_another_backend_is_refused(tmp_path):
    path = tmp_path / "verification.json"
    path.write_text(to_json(verify(RUN, targets=["core"])))
    made = read_verification(path, RUN)
    with pytest.raises(DocumentError, match="covers shared, but not wan2_1"):
        Page.of(RUN, layer_impls=["wan2_1"], verification=made)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\n\n# "])
def test_no_line_ends_where_it_should_not(verification, end):
    numbers = {"layer_impl": "shared", "analytic": 1, "measured": 2}
    with pytest.raises(InvalidValueError, match="printable text on one line"):
        Check(subject=f"a{end}b", quantity="q", **numbers)
    with pytest.raises(InvalidValueError, match="printable text on one line"):
        Section(name="core", note=f"a{end}b")
    made = read_verification(verification, RUN)
    markdown = to_markdown(Page.of(RUN, verification=made, command=f"a{end}b"))
    wanted = to_markdown(Page.of(RUN, verification=made, command="a b"))
    assert len(markdown.splitlines()) == len(wanted.splitlines())
    assert kinds_of(markdown) == kinds_of(wanted)
