"""From pixels to tokens."""

import pytest
from hypothesis import given

from tests.strategies import workloads
from wanmeter import Workload
from wanmeter.wan.geometry import LatentGrid


@pytest.mark.parametrize(
    ("frames", "width", "height", "latents", "tokens"),
    [
        (81, 1280, 720, (21, 90, 160), 21 * 45 * 80),  # 75,600
        (81, 832, 480, (21, 60, 104), 21 * 30 * 52),
        (1, 1024, 1024, (1, 128, 128), 64 * 64),
        (5, 256, 256, (2, 32, 32), 2 * 16 * 16),
    ],
)
def test_known_sizes(frames, width, height, latents, tokens):
    workload = Workload(num_frames=frames, width=width, height=height, num_inference_steps=1)
    grid = LatentGrid.of(workload)
    assert grid.size == latents
    assert grid.tokens == tokens


@given(workloads)
def test_no_latent_and_no_pixel_is_lost(workload):
    grid = LatentGrid.of(workload)
    assert 4 * (grid.frames - 1) + 1 == workload.num_frames
    assert (8 * grid.height, 8 * grid.width) == (workload.height, workload.width)
    frames, height, width = grid.patches
    assert (frames, 2 * height, 2 * width) == grid.size
