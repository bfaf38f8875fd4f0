"""The VAE: traffic and peak equal a step-by-step run of the official loop, to the byte."""

import pytest

from tests.wan.vae_loop import decode, encode
from wanmeter import VaeSpec, walk
from wanmeter.layers import CausalConv3d
from wanmeter.wan.vae import VaeDecode, VaeEncode
from wanmeter.wan.vae_blocks import Chunk
from wanmeter.wan.vae_coders import Decoder, Encoder

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
            if hasattr(visit.layer, "kept_bytes")
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
