"""The figures of an estimate: those that it has, and the command that draws one."""

import pytest
from click.testing import CliRunner

from wanmeter import estimate
from wanmeter.cli.estimate import FIGURES
from wanmeter.cli.main import main
from wanmeter.hardware import Device
from wanmeter.render.figures.draw_estimate import ESTIMATE_FIGURES, draw_estimate


def names(given):
    return [figure.name for figure in draw_estimate(given)]


def test_it_draws_what_an_estimate_has():
    on_device = ["memory-by-phase", "time-by-term", "roofline"]
    videos = estimate("t2v-1.3b", "tiny", device="h100")
    assert names(videos) == [*on_device, "seconds-and-peak-by-frames"]
    assert names(estimate("t2i-14b", device="h100")) == on_device
    assert names(estimate("t2v-1.3b", "tiny")) == on_device[:1]
    assert names(estimate("t2v-1.3b", "tiny", device=Device.of_capacity(24))) == on_device[:1]


def test_the_command_has_every_figure():
    assert tuple(ESTIMATE_FIGURES) == FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_the_command_draws_it(name, tmp_path):
    path = tmp_path / "figure.svg"
    texts = ["workload=tiny", "device=h100"]
    done = CliRunner().invoke(main, ["estimate", *texts, "--figure", name, "-o", str(path)])
    assert done.exit_code == 0, done.output
    assert path.read_bytes() == ESTIMATE_FIGURES[name](estimate(overrides=texts)).to_bytes("svg")


@pytest.mark.parametrize("layout", ["table", "json"])
def test_what_is_no_picture_has_no_figure(layout):
    done = CliRunner().invoke(main, ["estimate", "--figure", "time", "--format", layout])
    assert done.exit_code == 2
    assert f"needs png or svg, not {layout}" in done.output
