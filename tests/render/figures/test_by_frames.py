"""Seconds and memory by frames: each point is an estimate, and the run's own is marked."""

import re

import pytest

from tests.render.figures.legible import assert_legible, texts_of
from wanmeter import InvalidValueError, estimate
from wanmeter.render.figures.by_frames import seconds_and_peak_by_frames
from wanmeter.units import GIB

DENOISED = "stages=[transformer]"  # the VAE's closed form takes seconds to derive
CASES = {
    "h100": ["model=t2v-14b", "workload=480p", "device=h100", DENOISED],
    "many GPUs": ["model=t2v-a14b", "device=h100", "ulysses_degree=8", DENOISED],
    "diffusers": ["model=t2v-1.3b", "device=rtx_3090", "profile=diffusers", DENOISED],
    "offloaded": [
        *("model=t2v-1.3b", "device=rtx_4090", "profile=diffusers", "blocks_to_swap=3", DENOISED)
    ],
    "ti2v": ["model=ti2v-5b", "device=rtx_4090", DENOISED],
    "one frame": ["model=t2v-1.3b", "device=h100", "num_frames=1"],
    "long": ["model=t2v-1.3b", "device=h100", "num_frames=4001", DENOISED],
}


@pytest.mark.parametrize("texts", CASES.values(), ids=CASES)
def test_it_is_legible_on_linear_axes_from_zero(texts):
    sheet = assert_legible(seconds_and_peak_by_frames(estimate(overrides=texts)))
    for axes in sheet.axes:
        assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "linear")
        assert axes.get_xlim()[0] == axes.get_ylim()[0] == 0


@pytest.mark.parametrize("name", ["h100", "offloaded"])
def test_points_are_what_estimate_says(name):
    texts = CASES[name]
    given = estimate(overrides=texts)
    sheet, _ = texts_of(seconds_and_peak_by_frames(given))
    above, below = sheet.axes
    curve = next(line for line in above.lines if len(line.get_xdata()) > 2)
    minutes = dict(zip(*curve.get_data(), strict=True))
    assert list(minutes) == sorted(minutes)
    assert min(minutes) == 9
    assert max(minutes) == 161
    (band,) = below.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    for frames in (9, 13, 81, 161):
        alone = estimate(overrides=[*texts, f"num_frames={frames}"])
        assert minutes[frames] * 60 == pytest.approx(alone.seconds.value)
        for end in (alone.device_bytes.low, alone.device_bytes.high):
            assert any(x == frames and y == pytest.approx(end / GIB, abs=1e-9) for x, y in corners)


def test_the_title_says_how_many_frames_fit():
    texts = ["model=t2v-14b", "device=h100", DENOISED]
    title = seconds_and_peak_by_frames(estimate(overrides=texts)).caption.title

    def verdict(frames):
        return estimate(overrides=[*texts, f"num_frames={frames}"]).verdict

    fit, may = map(int, re.findall(r"up to (\d+)", title))
    assert (verdict(fit), verdict(fit + 4)) == ("fits", "tight")
    assert (verdict(may), verdict(may + 4)) == ("tight", "does not fit")


def test_the_devices_memory_is_drawn():
    given = estimate("t2v-14b", device="h100", overrides=[DENOISED])
    sheet, texts = texts_of(seconds_and_peak_by_frames(given))
    capacity = given.capacity_bytes / GIB
    assert any(set(line.get_ydata()) == {capacity} for line in sheet.axes[1].lines)
    assert f"{capacity:.1f} GiB" in [text for text, _ in texts]


def test_images_are_refused():
    with pytest.raises(InvalidValueError, match="a model that makes videos"):
        seconds_and_peak_by_frames(estimate("t2i-14b", device="h100"))


def test_without_rates_it_is_refused():
    with pytest.raises(InvalidValueError, match="a device with rates"):
        seconds_and_peak_by_frames(estimate("t2v-1.3b", "tiny"))


def test_the_same_estimate_gives_the_same_bytes():
    given = estimate("t2v-1.3b", device="h100", overrides=[DENOISED])
    figures = [seconds_and_peak_by_frames(given).to_bytes("svg") for _ in "ab"]
    assert figures[0] == figures[1]
