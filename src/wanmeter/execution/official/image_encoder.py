"""The official program's image encoder, under float16 autocast, its weights in float16.

Each function stands for the one of its name in Wan2.1 wan/modules/clip.py, line by line.
"""

from wanmeter.execution.array import Array, made
from wanmeter.execution.dtype import BFLOAT16, FLOAT16, FLOAT32
from wanmeter.execution.official.attention import flash_attention
from wanmeter.execution.official.autocast import cast, convolution, layer_norm, linear
from wanmeter.execution.part import Part, module
from wanmeter.execution.tape import Product


@module
def image_encoder(part: Part) -> Array:
    """CLIPModel.visual, from images that are resized and normalised, in float32."""
    shape = part["patch_embedding"].convolution
    _, height, width = shape.input_size
    images = part.given(FLOAT32, 1, shape.batch_size * shape.in_channels * height * width)
    return forward(part.stored_in(FLOAT16) if part.stored is BFLOAT16 else part, images)


@module
def forward(part: Part, x: Array) -> Array:
    """VisionTransformer.forward without the last block."""
    shape = part["patch_embedding"].convolution
    b, dim = shape.batch_size, shape.out_channels
    x = convolution(part["patch_embedding"], x, FLOAT16)
    pos_embedding, cls_embedding = part["position_embedding"].weights()
    x = made("cat", (cls_embedding, x), b * pos_embedding.elements // dim, dim, x.dtype)
    x = x + pos_embedding
    x = layer_norm(part["pre_norm"], x)
    x = _blocks(part, x)
    return x


@module
def _blocks(part: Part, x: Array) -> Array:
    """nn.Sequential of the blocks."""
    block, copies = part["blocks"], part.copies("blocks")
    x = attention_block(block, x)
    if copies > 1:  # from here on the first block's input is held too
        with part.tape.repeated(copies - 1):
            x = attention_block(block, x)
    return x


@module
def attention_block(part: Part, x: Array) -> Array:
    """AttentionBlock.forward."""
    x = x + self_attention(part["attn"], layer_norm(part["norm1"], x))
    x = x + _mlp(part["mlp"], layer_norm(part["norm2"], x))
    return x


@module
def self_attention(part: Part, x: Array) -> Array:
    """SelfAttention.forward."""
    qkv = to_qkv(part, x)
    q, k, v = [qkv.view(qkv.rows, qkv.width // 3) for _ in range(3)]
    x = flash_attention(part["core"], q, k, v)
    x = linear(part["o"], x, FLOAT16)
    return x


@module
def to_qkv(part: Part, x: Array) -> Array:
    """SelfAttention.to_qkv: one linear layer, three in the tree."""
    layers = [part[name] for name in "qkv"]
    stored = [layer.weights() for layer in layers]
    weight, bias = [
        Array(x.tape, part.stored, 1, sum([each.elements for each in of_kind]))
        for of_kind in zip(*stored, strict=True)
    ]
    flops = sum([layer.flops for layer in layers])
    x, weight, bias = cast(FLOAT16, x, weight, bias)
    width = sum([layer.matmul.n for layer in layers])
    grid = Product(1, x.rows, width)
    return made("addmm", (bias, x, weight), x.rows, width, x.dtype, flops=flops, grid=grid)


@module
def _mlp(part: Part, x: Array) -> Array:
    """AttentionBlock.mlp."""
    x = linear(part["up_proj"], x, FLOAT16)
    x = activation(part["act"], x)
    x = linear(part["down_proj"], x, FLOAT16)
    return x


@module
def activation(part: Part, x: Array) -> Array:
    """nn.GELU."""
    return x.like("gelu")
