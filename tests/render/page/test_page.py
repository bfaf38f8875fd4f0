"""The page: true numbers, nothing from outside, readable by everyone."""

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from attrs import evolve

from tests.render.page.markdown import kinds_of, tokens
from wanmeter import configure
from wanmeter.conventions import NOT_MODELLED
from wanmeter.render.figures import draw
from wanmeter.render.page import Page, to_html, to_markdown
from wanmeter.units import BYTES, GIB, readable

RUN = configure("wan2_1_i2v_14b", "wan2-1-ci-tiny")
PAGE = Page.of(RUN, command="wanmeter report")
MODELLED = {name: stage.modelled(RUN) for name, stage in RUN.family.stages.items()}
FIGURES = list(draw(RUN, ["flops", "memory"]))
HTML = to_html(PAGE, FIGURES)
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


def test_peaks_include_what_is_held_around_a_module():
    page = Page.of(configure("wan2_1_t2v_14b", "wan2-1-720p"))
    _, tree = to_markdown(page).replace("\\", "").split("## Modules")
    rows = (line.split(" | ") for line in tree.partition("##")[0].splitlines())
    shown = {cells[0].removeprefix("| "): cells[-1] for cells in rows}
    alone = []
    for row in page.report:
        around = [each for each in page.report if f"{row.path}/".startswith(f"{each.path}/")]
        held = sum(each.held_bytes for each in around)
        assert shown[row.path] == f"{readable(row.cost.activation_bytes + held, BYTES)} |"
        alone.append(f"{readable(row.cost.activation_bytes, BYTES)} |")
    assert alone != [shown[row.path] for row in page.report]


def test_what_it_means_and_what_it_leaves_out_stands_there():
    text = "".join(ELEMENTS.text)
    for said in (*MODELLED.values(), *NOT_MODELLED, *PAGE.conventions):
        assert said in text
    for said in (
        *MODELLED.values(),
        *(each.split(":")[0] for each in NOT_MODELLED),
        *PAGE.conventions,
    ):
        assert said in MARKDOWN


@pytest.mark.parametrize("stage", MODELLED)
def test_it_says_nothing_of_stages_that_are_not_there(stage):
    page = Page.of(evolve(RUN, stages=[stage]))
    assert page.modelled == (MODELLED[stage],)
    assert ("forward passes" in {number.name for number in page.numbers}) is (
        stage == "transformer"
    )
    others = [each for each in MODELLED if each != stage]
    said = {"in this report": stage, "left out": ", ".join(others)}
    assert page.settings["stages"] == said
    for text in (unescape(to_html(page, [])), to_markdown(page).replace("\\", "")):
        assert MODELLED[stage] in text
        assert said["left out"] in text
        assert not any(MODELLED[other] in text for other in others)
        assert "the whole run" not in text


def test_of_all_stages_none_is_left_out():
    assert "stages" not in PAGE.settings
    assert PAGE.modelled == tuple(MODELLED.values())


def test_of_the_core_it_says_that_it_is_the_core_only():
    run = evolve(RUN, transformer=evolve(RUN.transformer, scope="core"))
    said = Page.of(run).modelled
    (transformer,) = set(said) - set(MODELLED.values())
    assert transformer.startswith("of the diffusion transformer the core only")
    assert MODELLED["transformer"] not in said


@pytest.mark.parametrize(
    ("steps", "guidance", "passes", "exact", "means"),
    [
        (1, False, "1", "1 step", "of the transformer"),
        (1, True, "2", "1 step", "of the transformer; two per step, with guidance"),
        (50, False, "50", "50 steps", "of the transformer"),
    ],
)
def test_it_counts_forward_passes_as_they_are(steps, guidance, passes, exact, means):
    workload = evolve(RUN.workload, num_inference_steps=steps, guidance=guidance)
    (number,) = (
        number
        for number in Page.of(evolve(RUN, workload=workload)).numbers
        if number.name == "forward passes"
    )
    assert (number.reads, number.exact, number.means) == (passes, exact, means)


def test_a_kv_cache_is_told_where_there_is_one():
    assert "<dt>KV cache</dt>" not in HTML
    total = evolve(PAGE.report.total, kv_cache_bytes=GIB)
    page = evolve(PAGE, report=evolve(PAGE.report, total=total))
    assert "<dt>KV cache</dt>" in to_html(page, [])


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
    titles = [figure.caption.title for figure in FIGURES]
    assert [image["alt"] for image in every("img")] == titles
    headings, summaries = (
        re.findall(f"<{tag}.*?>(.*?)</{tag}>", HTML) for tag in ("h3", "summary")
    )
    for figure, title in zip(FIGURES, titles, strict=True):
        assert title in headings
        assert f"{title}, in words" in summaries
        assert ELEMENTS.text.count(figure.alt) == 1
    assert len(summaries) == len(set(summaries))
    assert all(cell["scope"] in ("col", "row") for cell in every("th"))
    tags = Counter(tag for tag, _ in ELEMENTS.found)
    assert tags["caption"] == tags["table"]
    levels = [int(tag[1]) for tag, _ in ELEMENTS.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in ELEMENTS.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {a["aria-labelledby"] for _, a in ELEMENTS.found if "aria-labelledby" in a}
    assert labels <= set(ids)
    scrolling = [a for a in every("div") if a.get("class") == "scroll"]
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in scrolling)
    landmarks = re.findall(r"<h2 id=.*?>(.*?)</h2>", HTML)
    landmarks += re.findall(r"<summary><h2>(.*?)</h2>", HTML)
    landmarks += [a["aria-label"] for a in scrolling]
    assert len(landmarks) == len(set(landmarks))


def luminance(colour):
    """Relative luminance. Source: Web Content Accessibility Guidelines 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("text", ["ink", "muted"])
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
    html = to_html(page, draw(run, ["memory"]))
    assert "<script>alert" not in html
    assert len(Elements(html).found) > 1000


@pytest.mark.parametrize(
    "hostile",
    [
        "</td><script>alert(1)</script>|*`",
        "``` a `` b ` c",
        "`",
        "a|b",
        "&lt;b&gt; ~~struck~~ **bold** [a](b)",
        "# heading",
    ],
)
def test_in_markdown_a_name_is_text_whatever_it_looks_like(hostile):
    run = evolve(RUN, model=evolve(RUN.model, name=hostile))
    markdown = to_markdown(Page.of(run, command=hostile))
    assert kinds_of(markdown) == kinds_of(MARKDOWN)
    inline = [token for token in tokens(markdown) if token.type == "inline"]
    heading = "".join(part.content for part in inline[0].children)
    assert heading.startswith(f"{hostile}: 1 x ")
    commands = [part.content for part in inline[-1].children if part.type == "code_inline"]
    assert commands == [hostile, "wanmeter plot"]
    cells = ["".join(part.content for part in token.children) for token in inline]
    assert cells[cells.index("name") + 1] == hostile


def test_both_backends_are_said_to_agree():
    page = Page.of(RUN, layer_impls=["shared", "wan2_1"])
    comparisons = 12 * len(page.report.modules) + 1
    said = f"shared and wan2_1 agree exactly in {comparisons:,} comparisons."
    assert said in to_html(page, draw(RUN, ["memory"]))
    assert "agree" not in HTML.partition("<main>")[0]
