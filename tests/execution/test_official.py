"""The official profile equals what the official code was recorded to do, to the byte."""

import pytest

from tests.execution.recorded import load, require_equal
from tests.execution.test_official_transformers import transformer_of
from wanmeter import configure
from wanmeter.execution.dtype import BY_BITS
from wanmeter.execution.execution import Execution
from wanmeter.execution.official.transformer import Transformer
from wanmeter.execution.official.vae import vae_decode
from wanmeter.models.components.vae import VaeDecode

RECORDED = load("official_execution.json")
WIDTHS = ("dim", "ffn_dim", "num_heads", "num_layers")


def runs(case):
    """Whether the program is called so: with all tokens of the text, padded only to be divided."""
    frames, rows, columns = case["grid"]
    n = case["n"]
    tokens = frames * rows * columns // 4
    one_token = [rows, columns] == [2, 2]  # a frame, whose last reshape is a view
    padded = -(-tokens // n) * n
    # Images are recorded elsewhere, with features in the type that the image encoder returns.
    images = case["config"]["model_type"] != "t2v"
    return case["text"] == 512 and case["seq_len"] == padded and not (one_token or images)


TRANSFORMERS = {name: case for name, case in RECORDED["transformers"].items() if runs(case)}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformer_equals_the_official_one(name):
    """T2V, in float32 and bfloat16 weights, on one GPU and on several."""
    case = TRANSFORMERS[name]
    case["widths"] = {key: case["config"][key] for key in WIDTHS}
    layer = transformer_of("t2v-14b", case)
    program = Transformer(ranks=case["n"])
    execution = Execution.of(program, "transformer", layer, BY_BITS[case["bits"]])
    require_equal(execution, case)


@pytest.mark.parametrize("name", RECORDED["vae_decode"])
def test_vae_decode_equals_the_official_one(name):
    case = RECORDED["vae_decode"][name]
    layer = VaeDecode(spec=configure("t2v-14b").vae, batch_size=1, latents=tuple(case["grid"]))
    require_equal(Execution.of(vae_decode, "vae_decode", layer, BY_BITS[32]), case)


@pytest.mark.parametrize("samples", [2, 3, 7])
@pytest.mark.parametrize(("model", "pixels"), [("t2v-14b", 8 * 8), ("ti2v-5b", 16 * 16)])
def test_videos_are_decoded_one_after_the_other(model, pixels, samples):
    """Work grows with the samples; the last video is made beside all others, in float32."""
    spec = configure(model).vae
    one, several = (
        Execution.of(
            vae_decode,
            "vae_decode",
            VaeDecode(spec=spec, batch_size=count, latents=(3, 4, 6)),
            BY_BITS[32],
        )
        for count in (1, samples)
    )
    video = 3 * (4 * (3 - 1) + 1) * (4 * 6 * pixels) * 4
    for quantity in ("calls", "flops", "bytes_read", "bytes_written"):
        alone, together = (
            sum(getattr(kernel, quantity) for kernel in each.kernels) for each in (one, several)
        )
        assert together == samples * alone
    assert several.input_bytes == samples * one.input_bytes
    for workspace, most in one.peaks.items():
        assert several.peaks[workspace] == most + (samples - 1) * video
    assert several.moment.path == one.moment.path
