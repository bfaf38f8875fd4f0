"""The page in a real browser: it fits a phone, it folds, it prints, and there is something to see."""

import json
import re
import shutil
import subprocess
from html import unescape

import matplotlib.image
import numpy as np
import pytest

from wanmeter import configure
from wanmeter.render.figures import draw
from wanmeter.render.page import Page, to_html

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

# Added to a copy of the page: folds and unfolds as a reader would, and tells the page around it.
PROBE = """<script>
const shown = () => [...document.querySelectorAll(".tree tbody tr")].filter((row) => !row.hidden).length;
const found = { width: document.documentElement.scrollWidth, window: innerWidth, first: shown() };
document.getElementById("unfold").click(); found.unfolded = shown();
document.getElementById("fold").click(); found.folded = shown();
document.querySelector(".tree .toggle").click(); found.one = shown();
found.tallest = Math.max(...[...document.querySelectorAll(".scroll tbody tr")].map((row) => row.offsetHeight));
found.images = [...document.images].map((image) => image.naturalWidth);
parent.postMessage(found, "*");
</script></body>"""

AROUND = """<body style="margin:0"><iframe src="page.html" style="border:0;width:{width}px;height:900px"></iframe>
<pre id="found"></pre><script>
addEventListener("message", (event) => {{ document.getElementById("found").textContent = JSON.stringify(event.data); }});
</script></body>"""


@pytest.fixture(scope="module")
def page():
    run = configure("wan2_1_i2v_14b", "wan2-1-ci-tiny")
    content = Page.of(run, layer_impls=["shared", "wan2_1"], command="wanmeter report")
    return content, to_html(content, draw(run, ["flops", "frames"]))


def browse(folder, *arguments, name="page.html"):
    """Chromium on a file in `folder`: what it prints."""
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder}/profile", *arguments, f"{folder}/{name}"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return done.stdout.decode()


@pytest.mark.parametrize("width", [360, 1200])
def test_it_fits_and_folds(page, tmp_path, width):
    content, html = page
    (tmp_path / "page.html").write_text(html.replace("</body>", PROBE))
    (tmp_path / "around.html").write_text(AROUND.format(width=width))
    dom = browse(tmp_path, "--virtual-time-budget=5000", "--dump-dom", name="around.html")
    found = json.loads(unescape(re.search('<pre id="found">(.*?)</pre>', dom).group(1)))
    assert found["window"] == width
    assert found["width"] <= width
    stages = content.report.stages
    parts = [len(content.report.children(stage.path)) for stage in stages]
    assert found["first"] == len(stages) + sum(parts)
    assert found["unfolded"] == len(content.report.modules)
    assert found["folded"] == len(stages)
    assert found["one"] == len(stages) + parts[0]
    assert found["tallest"] < 100  # no column is squeezed to a letter a line
    assert len(found["images"]) == 2
    assert min(found["images"]) > 400


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
