"""From pixels to latents to tokens, by a model's strides."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import workloads
from wanmeter import Geometry, InvalidValueError, Workload, configure

GEOMETRY = configure("wan2_1_t2v_14b").geometry


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
    grid = GEOMETRY.grid(workload)
    assert grid.size == latents
    assert grid.tokens == tokens


@given(workloads)
def test_no_latent_and_no_pixel_is_lost(workload):
    grid = GEOMETRY.grid(workload)
    frames, height, width = grid.size
    assert 4 * (frames - 1) + 1 == workload.num_frames
    assert (8 * height, 8 * width) == (workload.height, workload.width)
    frames, height, width = grid.patches
    assert (frames, 2 * height, 2 * width) == grid.size


_counts = st.tuples(*[st.integers(1, 4)] * 3)


@given(st.builds(Geometry, vae_stride=_counts, patch_size=_counts), _counts)
def test_the_video_of_a_grid_has_that_grid_and_is_valid(geometry, patches):
    frames, rows, columns = patches
    latent_frames = frames * geometry.patch_size[0]
    num_frames, height, width = geometry.video(latent_frames, rows, columns)
    workload = Workload(num_frames=num_frames, height=height, width=width, num_inference_steps=1)
    geometry.check(workload)
    assert geometry.grid(workload).frames == latent_frames
    assert geometry.grid(workload).patches == patches


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_frames", 80, "got 80; allowed: 4k [+] 1: 1, 5, 9, .*; nearest valid: 77 and 81"),
        ("num_frames", 82, "got 82; .*; nearest valid: 81 and 85"),
        ("height", 721, "got 721; allowed: a positive multiple of 16; nearest valid: 720 and 736"),
        ("width", 15, "got 15; .*; nearest valid: 16$"),
        ("width", 1279, "got 1279; .*; nearest valid: 1264 and 1280"),
    ],
)
def test_what_is_no_whole_latent_or_token_is_refused(field, value, message):
    """The error names the nearest valid values; nothing is rounded."""
    workload = configure("wan2_1_t2v_14b").workload
    with pytest.raises(InvalidValueError, match=f"^workload.{field}: {message}"):
        GEOMETRY.check(evolve(workload, **{field: value}))
    with pytest.raises(InvalidValueError, match=f"^workload.{field}: {message}"):
        configure("wan2_1_t2v_14b", **{field: value})


def test_a_coarser_model_has_coarser_sides():
    """Strides of 16 and patches of 2: multiples of 32."""
    coarse = Geometry(vae_stride=(4, 16, 16), patch_size=(1, 2, 2))
    assert coarse.sides == (32, 32)
    workload = configure("wan2_1_t2v_14b", height=720).workload
    with pytest.raises(InvalidValueError, match="a positive multiple of 32; nearest valid: 704"):
        coarse.check(workload)
