"""The page has a section for the device that a run is executed on, and only then."""

import re

import pytest
from click.testing import CliRunner

from wanmeter import configure, estimate
from wanmeter.cli.main import main
from wanmeter.estimation.amounts import duration
from wanmeter.hardware import Device
from wanmeter.render.figures import FIGURES, draw
from wanmeter.render.figures.draw_estimate import draw_estimate
from wanmeter.render.page import Page, page_figures, to_html, to_markdown
from wanmeter.render.page.figures import BESIDE_DEVICE

TEXTS = ["model=t2v-1.3b", "workload=tiny", "stages=[transformer]"]


def written(*arguments):
    done = CliRunner().invoke(main, ["report", *arguments], prog_name="wanmeter")
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_section_gives_the_answer_and_the_figures():
    given = estimate(overrides=[*TEXTS, "device=rtx_4090", "profile=diffusers"])
    page = written(*TEXTS, "device=rtx_4090", "profile=diffusers", "--format", "html")
    section = re.search(r'<section aria-labelledby="device">.*?</section>', page, re.DOTALL)[0]
    for said in (duration(given.seconds), given.verdict, "NVIDIA GeForce RTX 4090"):
        assert said in section
    assert page.index(section) < page.index('<h2 id="numbers">')
    titles = re.findall(r'<h3 class="unseen">(.*?)</h3>', page)
    first = [figure.caption.title for figure in draw_estimate(given)]
    assert titles[: len(first)] == first
    assert len(titles) == len(first) + len(BESIDE_DEVICE)
    assert [title in section for title in titles[:3]] == [True, True, False]
    shown, _, folded = page.partition("more figures</summary>")
    assert [title in shown for title in titles] == [True, True, *[False] * (len(titles) - 2)]
    assert all(title in folded for title in titles[2:])


def test_a_device_without_rates_has_its_memory_and_the_runs_own_figures():
    given = estimate(overrides=TEXTS, device=Device.of_capacity(24))
    names = [figure.name for figure in page_figures(Page.of(given.plan.run, estimate=given))]
    assert names == ["memory-by-phase", *FIGURES]


def test_without_a_device_there_is_none():
    run = configure(overrides=TEXTS)
    assert "On a device" not in written(*TEXTS, "--format", "html")
    assert "On a device" not in written(*TEXTS, "--format", "md")
    page = Page.of(run, command=f"wanmeter report {' '.join(TEXTS)} --format html")
    assert (page.answers, page.executed_by) == ((), "")
    assert 'id="device"' not in to_html(page, draw(run, ["flops"]))


def test_the_rest_of_the_page_is_the_same():
    run = configure(overrides=TEXTS)
    given = estimate(overrides=[*TEXTS, "device=h100"])
    alone = to_html(Page.of(run), [])
    both = to_html(Page.of(run, estimate=given), draw(run, ["flops", "bytes"]))
    both = re.sub(r'<section aria-labelledby="device">.*?</section>\n\n', "", both, flags=re.DOTALL)
    beside = f"Cost of the mathematics</h2>\n<p>{Page.BESIDE_ESTIMATE}</p>"
    assert both.replace(beside, "Cost</h2>") == alone


def test_beside_a_device_the_cost_is_a_lower_bound():
    given = estimate(overrides=[*TEXTS, "device=h100"])
    page = Page.of(given.plan.run, estimate=given)
    for text in (to_html(page, []), to_markdown(page)):
        assert "lower bound" in text.partition("Cost of the mathematics")[2].partition("Modules")[0]
        assert "Not modelled by the cost" in text


def test_markdown_gives_the_answer():
    given = estimate(overrides=[*TEXTS, "device=h100"])
    page = to_markdown(Page.of(given.plan.run, estimate=given)).replace("\\", "")
    _, section = page.split("## On a device\n")
    section, _ = section.split("## Cost of the mathematics\n")
    assert duration(given.seconds) in section
    assert "| memory | fits |" in section


def test_how_it_is_executed_needs_a_device():
    done = CliRunner().invoke(main, ["report", *TEXTS, "profile=diffusers"])
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: device: got None; allowed: a device by name")


@pytest.mark.parametrize("model", ["t2i-14b"])
def test_images_have_no_second_of_video(model):
    page = Page.of(configure(model), estimate=estimate(model, device="h100"))
    assert "time of a second of video" not in {number.name for number in page.answers}
