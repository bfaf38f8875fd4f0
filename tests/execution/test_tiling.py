"""Tiled decoding and encoding equal a trace of the real module, kernel by kernel and byte by byte."""

import pytest

from wanmeter import configure
from wanmeter.errors import InvalidValueError
from wanmeter.execution.diffusers.tiling import TiledDecode, TiledEncode
from wanmeter.execution.diffusers.vae import vae_decode, vae_encode
from wanmeter.execution.dtype import BY_BITS
from wanmeter.execution.execution import Execution
from wanmeter.layers import StepScaled
from wanmeter.verify.executed import Executed, Moved, Operation

BITS = (16, 32)
NARROW = ("vae.dim=16",)
SMALL = {"min_height": 64, "min_width": 64, "stride_height": 48, "stride_width": 48}
CASES = {
    "one tile": (SMALL, 5, (64, 64), 1),
    "2 x 2": (SMALL, 5, (96, 96), 1),
    "one row": (SMALL, 5, (112, 64), 1),
    "one column": (SMALL, 9, (64, 160), 1),
    "3 x 2, edges": (SMALL, 5, (144, 80), 1),
    "3 x 2, short edges": (SMALL, 1, (160, 64), 1),
    "4 x 4, two edges": (SMALL, 1, (176, 176), 1),
    "one frame, thin": (SMALL, 1, (96, 112), 2),
    "samples": (SMALL, 5, (112, 96), 2),
    "frames": (SMALL, 17, (112, 80), 1),
    "no overlap": ({**SMALL, "stride_height": 64, "stride_width": 64}, 5, (112, 96), 1),
    "wide": ({**SMALL, "min_width": 96, "stride_width": 72}, 9, (160, 80), 1),
    "uneven stride": ({**SMALL, "stride_height": 44, "stride_width": 52}, 5, (112, 96), 1),
}


def run_of(model, stage, bits, frames, size, samples, overrides=()):
    """A run of one stage, in one element size."""
    width, height = size
    return configure(
        model,
        stages=[stage],
        overrides=[
            *overrides,
            f"num_frames={frames}",
            f"size={width}x{height}",
            f"batch_size={samples}",
            f"vae.bits={bits}",
            f"vae.weight_bits={bits}",
        ],
    )


def traced(run, stage, tiling, monkeypatch):
    """A trace of the real module, with tiling enabled."""
    from wanmeter.verify.real import traced_run

    build = traced_run.build

    def tiled(real):
        model = build(real)
        vae = model.module.get_submodule(model.prefix)
        vae.enable_tiling(**{f"tile_sample_{name}": value for name, value in tiling.items()})
        return model

    monkeypatch.setattr(traced_run, "build", tiled)
    return traced_run.TracedRun(run).stage(stage)


def executed(program, run, stage, bits):
    """A stage's only forward pass."""
    (child,) = [each for each in run.pipeline().children if each.name == stage]
    layer = child.layer
    if isinstance(layer, StepScaled):
        layer, steps = layer.layer, layer.steps
        assert steps == 1
    return Execution.of(program, stage, layer, BY_BITS[bits])


def require_equal(execution, found):
    """Every kernel, each row's peak, the peak and its moment are those of the trace."""
    made = Executed.of([(execution, 1)], found.rows)
    traffic = {}
    for operator, moved in found.traffic.items():
        key = Operation(operator.row, operator.name, tuple(sorted(operator.reads)), operator.writes)
        before = traffic.get(key, Moved(0, 0, 0))
        now = (moved.calls, moved.bytes_read, moved.bytes_written)
        traffic[key] = Moved(*[a + b for a, b in zip(before, now, strict=True)])
    assert made.traffic == traffic
    inputs = found.input_bytes
    assert execution.input_bytes == inputs
    assert made.peaks == {row: peak - inputs for row, peak in found.peaks.items()}
    assert made.peak_bytes == found.peak_bytes - inputs
    assert made.moment == (found.moment.row, found.moment.operator)


@pytest.mark.live
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("case", CASES)
def test_decode_equals_the_trace(case, bits, monkeypatch):
    tiling, *sizes = CASES[case]
    run = run_of("t2v-14b", "vae_decode", bits, *sizes, overrides=NARROW)
    found = traced(run, "vae_decode", tiling, monkeypatch)
    require_equal(executed(TiledDecode(**tiling), run, "vae_decode", bits), found)


@pytest.mark.live
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("case", ["3 x 2, edges", "samples", "one frame, thin"])
def test_encode_equals_the_trace(case, bits, monkeypatch):
    tiling, *sizes = CASES[case]
    run = run_of("i2v-14b", "vae_encode", bits, *sizes, overrides=NARROW)
    found = traced(run, "vae_encode", tiling, monkeypatch)
    require_equal(executed(TiledEncode(**tiling), run, "vae_encode", bits), found)


PATCHES = {"min_height": 128, "min_width": 96, "stride_height": 96, "stride_width": 64}


@pytest.mark.live
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("samples", [1, 2])
def test_decode_with_patches_equals_the_trace(samples, bits, monkeypatch):
    run = run_of("ti2v-5b", "vae_decode", bits, 5, (160, 192), samples)
    found = traced(run, "vae_decode", PATCHES, monkeypatch)
    require_equal(executed(TiledDecode(**PATCHES), run, "vae_decode", bits), found)


@pytest.mark.live
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("bits", BITS)
def test_encode_with_patches_equals_the_trace(bits, monkeypatch):
    run = run_of("ti2v-5b", "vae_encode", bits, 5, (160, 192), 2, ["image=true"])
    found = traced(run, "vae_encode", SMALL, monkeypatch)
    require_equal(executed(TiledEncode(**SMALL), run, "vae_encode", bits), found)


@pytest.mark.live
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("bits", BITS)
def test_decode_at_full_width_equals_the_trace(bits, monkeypatch):
    """Attention's heads are too wide for the flash kernel."""
    tiling, *sizes = CASES["2 x 2"]
    run = run_of("t2v-14b", "vae_decode", bits, *sizes)
    found = traced(run, "vae_decode", tiling, monkeypatch)
    require_equal(executed(TiledDecode(**tiling), run, "vae_decode", bits), found)


@pytest.mark.parametrize(
    ("model", "stage", "tiled", "whole"),
    [
        ("t2v-14b", "vae_decode", TiledDecode(**SMALL), vae_decode),
        ("i2v-14b", "vae_encode", TiledEncode(**SMALL), vae_encode),
    ],
)
def test_frame_of_one_tile_is_not_tiled(model, stage, tiled, whole):
    run = run_of(model, stage, 32, 5, (64, 64), 1)
    assert executed(tiled, run, stage, 32) == executed(whole, run, stage, 32)


@pytest.mark.parametrize("stride", [7, 65])
def test_stride_beyond_a_tile_or_below_a_latent_is_refused(stride):
    """diffusers would lose pixels, or fail."""
    run = run_of("t2v-14b", "vae_decode", 32, 1, (96, 96), 1)
    with pytest.raises(InvalidValueError, match=f"got {stride}; allowed: 8, .* to 64"):
        executed(TiledDecode(**{**SMALL, "stride_width": stride}), run, "vae_decode", 32)


def test_equal_programs_are_one_key():
    """Executions are remembered by their program."""
    assert len({TiledDecode(**SMALL), TiledDecode(**SMALL)}) == 1
