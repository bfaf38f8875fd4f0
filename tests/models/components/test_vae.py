"""The VAE: traffic and peak equal a step-by-step run of the official loop, to the byte."""

import pytest

from tests.models.components.vae_loop import decode, decode_5b, encode, encode_5b
from wanmeter import InvalidValueError, VaeSpec, walk
from wanmeter.layers import CausalConv3d, FrameCache
from wanmeter.models.components.vae.blocks import AttentionBlock, Chunk, ResidualBlock
from wanmeter.models.components.vae.coders import Decoder, Encoder
from wanmeter.models.components.vae.stages import VaeDecode, VaeEncode
from wanmeter.models.wan2_2.spec import VAE_5B

# Latent frames; one, two and three chunks are each a case of their own. Then sizes of pixels.
COUNTS = (1, 2, 3, 4, 21)
SIZES = ((64, 96), (256, 256), (720, 1280))


def same(cost, loop):
    assert cost.bytes_read == loop.read
    assert cost.bytes_written == loop.written
    assert cost.vector_flops == loop.vector
    assert cost.activation_bytes == loop.peak


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("count", COUNTS)
def test_encoding(count, height, width):
    layer = VaeEncode(spec=VaeSpec(), batch_size=1, video=(4 * (count - 1) + 1, height, width))
    same(layer.cost, encode(count, height, width))


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("count", COUNTS)
def test_decoding(count, height, width):
    layer = VaeDecode(spec=VaeSpec(), batch_size=1, latents=(count, height // 8, width // 8))
    same(layer.cost, decode(count, height // 8, width // 8))


@pytest.mark.parametrize(
    ("coder", "first", "later"),
    [(Encoder, (1, 64, 64), (4, 64, 64)), (Decoder, (1, 8, 8), (1, 8, 8))],
)
def test_what_a_chunk_reads_from_the_cache_the_one_before_has_kept(coder, first, later):
    def caches(history):
        size = later if history else first
        chunk = coder(Chunk(spec=VaeSpec(), batch_size=1, size=size, history=history))
        return {
            visit.path.replace("time_cache", "time_conv"): visit.layer
            for visit in walk(chunk)
            if isinstance(visit.layer, CausalConv3d | FrameCache)
        }

    for history in (1, 2, 3):
        before, now = caches(min(history - 1, 2)), caches(min(history, 2))
        for path, layer in now.items():
            kept = before[path].kept_bytes if path in before else 0
            assert isinstance(layer, CausalConv3d)
            assert layer.cached_bytes == kept, path


@pytest.mark.parametrize("batch_size", [2, 3])
def test_all_but_weights_grow_with_the_batch(batch_size):
    one = VaeDecode(spec=VaeSpec(), batch_size=1, latents=(3, 8, 8)).cost
    more = VaeDecode(spec=VaeSpec(), batch_size=batch_size, latents=(3, 8, 8)).cost
    assert more.flops == batch_size * one.flops
    assert more.activation_bytes == batch_size * one.activation_bytes
    assert more.bytes_written == batch_size * one.bytes_written
    assert more.weight_bytes == one.weight_bytes


OTHER = VaeSpec(dim=2, z_dim=3, dim_mult=(1, 2, 3, 5), num_res_blocks=1)
"""A VAE whose levels all differ in width, with one residual block where Wan has two."""


def weights(layer):
    """Parameters of each module, by path."""
    return {visit.path: visit.cost.params for visit in walk(layer)}


def conv3d(channels_in, channels_out, taps):
    """A kernel and a bias."""
    return channels_in * channels_out * taps + channels_out


def test_the_widths_of_an_encoder():
    """Wan2.1 wan/modules/vae.py, Encoder3d: dims [1, 1, 2, 3, 5] x dim; the middle is the last's."""
    found = weights(Encoder(Chunk(spec=OTHER, batch_size=1, size=(1, 64, 64), history=0)))
    assert found["conv_in"] == conv3d(3, 2, 27)
    for i, (before, after) in enumerate(((2, 2), (2, 4), (4, 6), (6, 10))):
        assert found[f"down_{i}/resnet_0/conv1"] == conv3d(before, after, 27)
        assert (f"down_{i}/resnet_0/shortcut" in found) == (before != after)
        assert f"down_{i}/resnets" not in found
    assert found["mid/attention/to_qkv"] == conv3d(10, 30, 1)
    assert found["conv_out"] == conv3d(10, 6, 27)


def test_the_widths_of_a_decoder():
    """Decoder3d: dims [5, 5, 3, 2, 1] x dim; resampling halves what the next level takes in."""
    found = weights(Decoder(Chunk(spec=OTHER, batch_size=1, size=(1, 8, 8), history=0)))
    assert found["conv_in"] == conv3d(3, 10, 27)
    assert found["mid/attention/to_qkv"] == conv3d(10, 30, 1)
    for i, (before, after) in enumerate(((10, 10), (5, 6), (3, 4), (2, 2))):
        assert found[f"up_{i}/resnet_0/conv1"] == conv3d(before, after, 27)
        assert found[f"up_{i}/resnets"] == found[f"up_{i}/resnets/conv1"] * 2 + 2 * after
    assert found["conv_out"] == conv3d(2, 3, 27)


@pytest.mark.parametrize(("narrow", "wide"), [(4, 8), (8, 4)])
def test_a_block_that_changes_the_width_has_a_shortcut(narrow, wide):
    chunk = Chunk(spec=OTHER, batch_size=1, size=(1, 8, 8), history=0)
    assert weights(ResidualBlock(chunk, narrow, wide))["shortcut"] == conv3d(narrow, wide, 1)
    assert "shortcut" not in weights(ResidualBlock(chunk, wide, wide))


def test_attention_is_within_a_frame():
    """Each frame is a sample of its own: twice the frames is twice the attention, not four times."""

    def core(frames, batch_size):
        chunk = Chunk(spec=OTHER, batch_size=batch_size, size=(frames, 8, 8), history=0)
        (found,) = (v for v in walk(AttentionBlock(chunk, 10)) if v.path == "core")
        return found.cost.flops

    assert core(2, 1) == 2 * core(1, 1) == core(1, 2)
    assert core(2, 3) == 6 * core(1, 1)


@pytest.mark.parametrize(("height", "width"), [(64, 96), (704, 1280)])
@pytest.mark.parametrize("count", COUNTS)
def test_encoding_with_patches_and_shortcuts(count, height, width):
    layer = VaeEncode(spec=VAE_5B, batch_size=1, video=(4 * (count - 1) + 1, height, width))
    same(layer.cost, encode_5b(count, height, width))


@pytest.mark.parametrize(("height", "width"), [(64, 96), (704, 1280)])
@pytest.mark.parametrize("count", COUNTS)
def test_decoding_with_patches_and_shortcuts(count, height, width):
    latents = (count, height // 16, width // 16)
    layer = VaeDecode(spec=VAE_5B, batch_size=1, latents=latents)
    same(layer.cost, decode_5b(*latents))


@pytest.mark.parametrize("patch_size", [1, 2])
def test_the_callers_video_is_kept_beside_its_patches(patch_size):
    """One frame: no other chunk waits, and no moments are there yet. 3 channels of 4 bytes."""
    side = 16 * patch_size
    layer = VaeEncode(spec=VaeSpec(patch_size=patch_size), batch_size=1, video=(1, side, side))
    (held,) = (child.held_bytes for child in layer.children if child.name == "encoder")
    assert held == (3 * 4 * side * side if patch_size > 1 else 0)


@pytest.mark.parametrize("dim_mult", [(1, 2, 4, 8), (1, 3, 4, 4), (1, 16, 4, 4)])
def test_a_residual_vae_has_widths_that_its_shortcuts_can_have(dim_mult):
    """Source: Wan2.2 wan/modules/vae2_2.py, the assertions of AvgDown3D and DupUp3D."""
    VaeSpec(dim_mult=dim_mult)
    with pytest.raises(InvalidValueError, match=r"vae\.dim_mult: got .*shortcuts can average"):
        VaeSpec(dim_mult=dim_mult, residual=True)
