"""The text and image encoders: traffic and peak, derived operator by operator from the official code."""

from wanmeter import meter


class Traffic:
    """What a sequence of operators reads and writes in bytes, and computes."""

    def __init__(self):
        self.read = self.written = self.vector = 0

    def operator(self, reads, writes, weights=0, vector=0, times=1):
        self.read += times * (reads + weights)
        self.written += times * writes
        self.vector += times * vector

    def is_that_of(self, cost, times=1):
        assert cost.bytes_read == times * self.read
        assert cost.bytes_written == times * self.written
        assert cost.vector_flops == times * self.vector


def test_the_text_encoder():
    """Wan2.1 wan/modules/t5.py, T5Encoder; 16 bits, 512 tokens, one prompt."""
    tokens, dim, ffn, heads, layers = 512, 4096, 10_240, 64, 24
    x, h, bias = 2 * tokens * dim, 2 * tokens * ffn, 2 * heads * tokens * tokens
    elements, square, wide = tokens * dim, 2 * dim * dim, 2 * dim * ffn
    t = Traffic()
    t.operator(8 * tokens, x, x)
    for _ in range(layers):
        t.operator(x, x, 2 * dim, 4 * elements)
        t.operator(x, x, square, times=3)
        t.operator(0, bias, 2 * 32 * heads)
        t.operator(3 * x + bias, x, 0, 6 * heads * tokens * tokens)
        t.operator(x, x, square)
        t.operator(2 * x, x, 0, elements)
        t.operator(x, x, 2 * dim, 4 * elements)
        t.operator(x, h, wide, times=2)
        t.operator(2 * h, h, 0, (9 + 1) * tokens * ffn)
        t.operator(h, x, wide)
        t.operator(2 * x, x, 0, elements)
    t.operator(x, x, 2 * dim, 4 * elements)
    cost = meter("wan2_1_t2v_14b", "wan2-1-720p", guidance=False, stages=["text_encoder"]).total
    t.is_that_of(cost)
    # The core: q, k, v, the bias and the result, beside the residual stream.
    assert cost.activation_bytes == 5 * x + bias


def test_the_image_encoder():
    """Wan2.1 wan/modules/clip.py, VisionTransformer, 31 blocks; 16 bits, two images."""
    images, tokens, dim, ffn, heads = 2, 257, 1280, 5120, 16
    elements, hidden = images * tokens * dim, images * tokens * ffn
    x, h, square = 2 * elements, 2 * hidden, 2 * (dim * dim + dim)
    t = Traffic()
    t.operator(2 * images * 3 * 224 * 224, 2 * images * 256 * dim, 2 * 3 * 14 * 14 * dim)
    t.operator(2 * images * 256 * dim, x, 2 * (tokens * dim + dim), elements)
    t.operator(x, x, 4 * dim, 7 * elements)
    for _ in range(31):
        t.operator(x, x, 4 * dim, 7 * elements)
        t.operator(x, x, square, elements, times=3)
        t.operator(3 * x, x, 0, 6 * images * heads * tokens * tokens)
        t.operator(x, x, square, elements)
        t.operator(2 * x, x, 0, elements)
        t.operator(x, x, 4 * dim, 7 * elements)
        t.operator(x, h, 2 * (dim * ffn + ffn), hidden)
        t.operator(h, h, 0, 5 * hidden)
        t.operator(h, x, 2 * (dim * ffn + dim), elements)
        t.operator(2 * x, x, 0, elements)
    cost = meter("wan2_1_flf2v_14b", "wan2-1-720p", stages=["image_encoder"]).total
    t.is_that_of(cost)
    # The MLP's activation, beside the residual stream.
    assert cost.activation_bytes == x + 2 * h


def test_the_image_embedding():
    """Wan2.1 wan/modules/model.py, MLPProj with positions, in every pass; the features stay."""
    tokens, wide, dim = 514, 1280, 5120
    x, y = 2 * tokens * wide, 2 * tokens * dim
    t = Traffic()
    t.operator(x, x, 2 * tokens * wide, tokens * wide)
    t.operator(x, x, 4 * wide, 7 * tokens * wide)
    t.operator(x, x, 2 * (wide * wide + wide), tokens * wide)
    t.operator(x, x, 0, 5 * tokens * wide)
    t.operator(x, y, 2 * (wide * dim + dim), tokens * dim)
    t.operator(y, y, 4 * dim, 7 * tokens * dim)
    cost = meter("wan2_1_flf2v_14b", "wan2-1-720p")["transformer/img_emb"].cost
    t.is_that_of(cost, times=100)
    assert cost.activation_bytes == x + 2 * y
