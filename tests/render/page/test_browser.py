"""The page in a real browser: it fits a phone, it folds, it prints, and there is something to see."""

import json
import re
import shutil
import subprocess
from functools import cache
from html import unescape
from itertools import pairwise
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from wanmeter import configure, estimate
from wanmeter.render.figures import draw
from wanmeter.render.figures.draw_estimate import ESTIMATE_FIGURES
from wanmeter.render.figures.style import SMALL
from wanmeter.render.page import Page, to_html
from wanmeter.verify import verify

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: the browser tests are skipped"
)

PROBE = (Path(__file__).with_name("probe.js")).read_text()
"""Added to a copy of the page: unfolds it as a reader would, and tells the page around it what there is to see."""

PAPER = 718
"""Width of a page of A4 paper between Chromium's margins, in pixels."""

AROUND = """<body style="margin:0"><iframe src="page.html" style="border:0;width:{width}px;height:900px"></iframe>
<pre id="found"></pre><script>
addEventListener("message", (event) => {{ document.getElementById("found").textContent = JSON.stringify(event.data); }});
</script></body>"""


@pytest.fixture(scope="module")
def page():
    run = configure("wan2_1_i2v_14b", "wan2-1-ci-tiny")
    content = Page.of(run, layer_impls=["shared", "wan2_1"], command="wanmeter report")
    return content, to_html(content, draw(run, ["flops", "memory", "frames"]))


@pytest.fixture(scope="module")
def longest():
    """The page with the most on it: large numbers, a device, and a verification."""
    given = estimate("vace-14b", device="h100", overrides=["stages=[transformer,vae_decode]"])
    run = given.plan.run
    content = Page.of(run, estimate=given, verification=verify(run, targets=["core"]))
    figures = [ESTIMATE_FIGURES[name](given) for name in ("memory", "time", "roofline")]
    return content, to_html(content, figures)


def browse(folder, *arguments, name="page.html"):
    """Chromium on a file in `folder`: what it prints."""
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder}/profile", *arguments, f"{folder}/{name}"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return done.stdout.decode()


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """A function that tells what the probe finds on a page in a window of some width."""

    @cache
    def look(html, width):
        folder = tmp_path_factory.mktemp("seen")
        script = f"<script>{PROBE}</script></body>"
        (folder / "page.html").write_text(html.replace("</body>", script))
        (folder / "around.html").write_text(AROUND.format(width=width))
        dom = browse(folder, "--virtual-time-budget=5000", "--dump-dom", name="around.html")
        return json.loads(unescape(re.search('<pre id="found">(.*?)</pre>', dom).group(1)))

    return look


def as_printed(html):
    """The page with its rules for paper in force."""
    assert html.count("@media print") == 1
    return html.replace("@media print", "@media all").replace("width < 48rem", "width < 1px")


def assert_readable(found):
    """Assert that everything is in view, in whole words, with contrast and headings in order."""
    assert found["words"] > 500
    assert found["broken"] == []
    assert found["beyond"] == []
    assert found["scrolling"] == []
    assert found["width"] <= found["window"]
    assert found["contrast"] >= 4.5  # WCAG 2.2, AA
    assert found["smallest"] >= 10
    assert found["headings"][0] == 1
    assert found["headings"].count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(found["headings"]))


@pytest.mark.parametrize("name", ["page", "longest"])
@pytest.mark.parametrize("width", [390, 1200])
def test_a_reader_sees_everything_in_whole_words(name, width, seen, request):
    found = seen(request.getfixturevalue(name)[1], width)
    assert found["window"] == width
    assert_readable(found)


@pytest.mark.parametrize("name", ["page", "longest"])
def test_on_paper_too(name, seen, request):
    assert_readable(seen(as_printed(request.getfixturevalue(name)[1]), PAPER))


@pytest.mark.parametrize(
    "rule",
    [
        "th { max-width: 2rem; overflow-wrap: anywhere }",
        ".n { min-width: 20rem }",
        "p { color: #888 }",
    ],
)
def test_the_probe_finds_what_is_wrong(page, rule, seen):
    found = seen(page[1].replace("</style>", f"{rule}</style>"), 390)
    with pytest.raises(AssertionError):
        assert_readable(found)


def test_what_is_folded_opens(page, seen):
    content, html = page
    found = seen(html, 1200)
    stages = content.report.stages
    parts = [len(content.report.children(stage.path)) for stage in stages]
    assert found["first"] == len(stages) + sum(parts)
    assert found["unfolded"] == len(content.report.modules)
    assert found["folded"] == len(stages)
    assert found["one"] == len(stages) + parts[0]
    assert len(found["images"]) == 3
    # The page before anything is unfolded is short: some screens of a laptop.
    assert found["closed"] < 3 * 900


def test_texts_of_figures_are_legible_on_a_phone(page, seen):
    found = seen(page[1], 390)
    assert min(found["images"]) * SMALL * 96 / 72 >= 8  # pixels


@pytest.mark.parametrize("width", [520, 1200])
def test_there_is_something_to_see(page, tmp_path, width):
    (tmp_path / "page.html").write_text(page[1])
    browse(tmp_path, f"--window-size={width},1600", f"--screenshot={tmp_path}/shot.png")
    pixels = matplotlib.image.imread(tmp_path / "shot.png")
    assert pixels.shape[:2] == (1600, width)
    # Something on every tenth of the page, and no part of it beyond the right edge.
    for tenth in np.array_split(pixels[:, :, :3], 10):
        assert tenth.std() > 0.02
    assert (pixels[:, -8:, :3] > 0.99).all()


def printed(folder, html):
    """The page as PDF."""
    (folder / "page.html").write_text(html)
    browse(folder, "--no-pdf-header-footer", f"--print-to-pdf={folder}/page.pdf")
    return (folder / "page.pdf").read_bytes()


def test_it_prints(page, tmp_path):
    pdf = printed(tmp_path, page[1])
    assert pdf.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 16


def test_every_module_prints_whatever_is_folded(page, tmp_path):
    content, html = page
    without_scripts = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    folded = "<script>document.getElementById('fold').click()</script></body>"
    plain, shut = (
        printed(tmp_path, text) for text in (without_scripts, html.replace("</body>", folded))
    )
    for piece in (rb"/Type /Page\b", rb"/S /TR\b"):
        assert len(re.findall(piece, shut)) == len(re.findall(piece, plain))
    # The PDF's tags say which rows of tables are on paper.
    assert len(re.findall(rb"/S /TR\b", shut)) > len(content.report.modules)
