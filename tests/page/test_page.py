"""The page: true numbers, nothing from outside, readable by everyone."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from attrs import evolve

from wanmeter import CONVENTIONS, DocumentError, configure
from wanmeter.conventions import MODELLED, NOT_MODELLED
from wanmeter.figures import draw
from wanmeter.page import Page, to_html, to_markdown
from wanmeter.verify import verify
from wanmeter.verify.json_text import to_json
from wanmeter.verify.reading import read_verification

RUN = configure("wan2_1_i2v_14b", "wan2-1-ci-tiny")
PAGE = Page.of(RUN, command="wanmeter report")
HTML = to_html(PAGE, draw(RUN, ["flops", "memory"]))
MARKDOWN = to_markdown(PAGE)


class Elements(HTMLParser):
    """Every element and its attributes, and the text of each cell of the tree."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.text = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


ELEMENTS = Elements(HTML)


def every(tag):
    return [attributes for name, attributes in ELEMENTS.found if name == tag]


def test_every_number_of_the_run_stands_there():
    for text in (HTML, MARKDOWN):
        for name, value in PAGE.totals:
            assert name in text
            assert value in text
        for number in PAGE.numbers:
            assert number.exact in text


def test_every_module_is_a_row_of_the_tree():
    rows = [attributes for attributes in every("tr") if "data-path" in attributes]
    assert [row["data-path"] for row in rows] == [row.path for row in PAGE.report]
    known = {row["data-path"] for row in rows} | {""}
    assert all(row["data-parent"] in known for row in rows)
    for row in PAGE.report:
        assert f"| {row.path.replace('_', chr(92) + '_')} |" in MARKDOWN


def test_what_it_means_and_what_it_leaves_out_stands_there():
    text = "".join(ELEMENTS.text)
    for said in (*MODELLED, *NOT_MODELLED, *CONVENTIONS):
        assert said in text
    for said in (*(each.split(":")[0] for each in (*MODELLED, *NOT_MODELLED)), *CONVENTIONS):
        assert said in MARKDOWN


def test_nothing_comes_from_outside():
    for tag, attributes in ELEMENTS.found:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        for name in ("src", "href", "srcset", "action", "background"):
            assert re.match(r"data:|#", attributes.get(name, "#")), (tag, attributes)
    assert "@import" not in HTML
    assert "url(" not in HTML
    (policy,) = (a["content"] for a in every("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'")


def test_it_can_be_read_without_seeing_it():
    assert every("html") == [{"lang": "en"}]
    assert all(len(image["alt"]) > 60 for image in every("img"))
    assert all(cell["scope"] in ("col", "row") for cell in every("th"))
    tags = Counter(tag for tag, _ in ELEMENTS.found)
    assert tags["caption"] == tags["table"]
    levels = [int(tag[1]) for tag, _ in ELEMENTS.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in ELEMENTS.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"].removeprefix("#") for a in every("a")}
    labels = {a["aria-labelledby"] for _, a in ELEMENTS.found if "aria-labelledby" in a}
    assert links | labels <= set(ids)
    scrolling = [a for a in every("div") if a.get("class") == "scroll"]
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in scrolling)


def luminance(colour):
    """Relative luminance. Source: Web Content Accessibility Guidelines 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("text", ["ink", "muted", "link"])
@pytest.mark.parametrize("ground", ["white", "soft"])
def test_text_stands_out_from_its_ground(text, ground):
    colours = dict(re.findall(r"--(\w+): (#\w+);", HTML)) | {"white": "#ffffff"}
    light, dark = luminance(colours[ground]), luminance(colours[text])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_same_run_gives_the_same_page():
    again = Page.of(RUN, command="wanmeter report")
    assert to_html(again, draw(RUN, ["flops", "memory"])) == HTML


def test_a_name_is_text_whatever_it_looks_like():
    hostile = "</td><script>alert(1)</script>|*`"
    run = evolve(RUN, model=evolve(RUN.model, name=hostile))
    page = Page.of(run, command=hostile)
    html, markdown = to_html(page, draw(run, ["memory"])), to_markdown(page)
    assert "<script>alert" not in html
    assert len(Elements(html).found) > 1000
    assert hostile not in markdown.replace(f"`{hostile}`", "")


def test_both_backends_are_said_to_agree():
    page = Page.of(RUN, layer_impls=["shared", "wan2_1"])
    comparisons = 12 * len(page.report.modules) + 1
    said = f"shared and wan2_1 agree exactly, in {comparisons:,} comparisons."
    assert said in to_html(page, draw(RUN, ["memory"]))
    assert "agree" not in HTML.partition("<main>")[0]


@pytest.fixture(scope="module")
def verification(tmp_path_factory):
    path = tmp_path_factory.mktemp("verification") / "verification.json"
    path.write_text(to_json(verify(RUN, ["core"], layer_impls=["shared", "wan2_1"])))
    return path


def test_a_verification_stands_there(verification):
    page = Page.of(RUN, verification=read_verification(verification, RUN))
    for text in (to_html(page, draw(RUN, ["memory"])), to_markdown(page)):
        assert "Verified" in text
        assert "7 holds" in text
        assert "every row, every field; no torch" in text
    assert "No verification of this run was given" in HTML


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
    ("change", "problem"),
    [
        (lambda d: d["workload"].update(num_frames=9), "of another run: workload.num_frames is 9"),
        (lambda d: d["vae"].update(bits=16), "of another run: vae.bits is 16, not 32"),
        (lambda d: d.update(stages=["vae_decode"]), "of another run: of other stages"),
        (lambda d: d["environment"].update(wanmeter="0.0.1"), "of wanmeter 0.0.1, and this is"),
        (lambda d: d.update(holds=False), "its summary is not what its checks say"),
        (lambda d: d["summary"].update(fails=3), "its summary is not what its checks say"),
        (lambda d: d["sections"][0].update(holds=False), "says that it holds where it does not"),
        (lambda d: d["sections"][0]["checks"][0].update(measured=1), "its outcome is not what"),
        (lambda d: d["sections"][0]["checks"][0].update(analytic=1.5), "analytic: got 1.5"),
        (lambda d: d["sections"][0]["checks"][0].update(relation="above"), "relation: got 'above'"),
        (lambda d: d["sections"][0].pop("checks"), "'checks' is missing"),
        (lambda d: d.update(sections=None), "sections: not a list"),
        (lambda d: d.update(tolerance="x"), "tolerance: got 'x'"),
        (lambda d: d.update(schema="wanmeter.report/1"), "not a verification: schema"),
        (lambda d: d.update(more=1), "unknown key 'more'"),
    ],
)
def test_a_verification_of_something_else_is_refused(verification, tmp_path, change, problem):
    with pytest.raises(DocumentError) as caught:
        read_verification(changed(verification, tmp_path, change), RUN)
    assert problem in str(caught.value)


def test_a_verification_of_another_backend_is_refused(tmp_path):
    path = tmp_path / "verification.json"
    path.write_text(to_json(verify(RUN, ["core"])))
    made = read_verification(path, RUN)
    with pytest.raises(DocumentError, match="verifies shared, and this is by wan2_1"):
        Page.of(RUN, layer_impls=["wan2_1"], verification=made)


def test_a_verification_of_other_numbers_is_refused():
    from wanmeter.verify import Check, Section

    made = verify(RUN, ["core"])
    check = Check(subject="total", quantity="flops", layer_impl="shared", analytic=1, measured=1)
    other = evolve(made, sections=(Section(name="end2end", note="", checks=(check,)),))
    with pytest.raises(DocumentError, match="of other numbers: total: flops"):
        Page.of(RUN, verification=other)
