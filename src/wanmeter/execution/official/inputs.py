"""What the official program passes to its transformer."""

from collections.abc import Sequence
from math import prod

from attrs import frozen

from wanmeter.execution.array import Array
from wanmeter.execution.dtype import BFLOAT16, FLOAT16, FLOAT32, INT64
from wanmeter.execution.official.attention import Freqs
from wanmeter.execution.part import Part
from wanmeter.validators import is_int


@frozen(kw_only=True)
class Inputs:
    """The arguments of WanModel.forward: lists of one array for each sample, and tables.

    `y` is joined to the latents; `clip_fea` are CLIP's features of the images of all samples;
    `vace_context` is what VACE's blocks start from. With `per_token`, each token has a time embedding,
    and with `t_of_tokens`, a time.
    """

    x: Sequence[Array]
    t: Array
    context: Sequence[Array]
    y: Sequence[Array] = ()
    clip_fea: Array | None = None
    vace_context: Sequence[Array] = ()
    freqs: Freqs
    per_token: bool
    t_of_tokens: bool

    @classmethod
    def of(cls, part: Part, *, t_of_tokens: bool, ranks: int, ring: int) -> "Inputs":
        """Latents in float32, prompts in bfloat16, images in float16, as the pipelines pass them.

        The time is an integer for each sample, or a float for each token.
        """
        patch, prompts = (
            part["patch_embedding"].convolution,
            part["text_embedding"]["up_proj"].matmul,
        )
        batch = patch.batch_size
        frames, height, width = patch.input_size
        channels = part["head"]["head"].matmul.n // prod(patch.kernel_size)
        joined = patch.in_channels - channels
        control = 0
        if "vace_patch_embedding" in part:
            control = part["vace_patch_embedding"].convolution.in_channels
        times = part["time_embedding"]["mlp"]["up_proj"].matmul.m
        freqs = Freqs(
            samples=batch,
            grid=patch.output_size,
            head_dim=part["blocks"]["self_attn"]["core"].attention.head_dim,
            ranks=ranks,
            ring=ring,
        )
        images = part["img_emb"]["mlp"]["up_proj"].matmul if "img_emb" in part else None

        def latents(channels: int) -> list[Array]:
            size = channels * height * width
            return [part.given(FLOAT32, frames, size) for _ in range(batch) if channels]

        return cls(
            x=latents(channels),
            t=(
                part.given(FLOAT32, batch * freqs.seq_len, 1)
                if t_of_tokens
                else part.given(INT64, batch, 1)
            ),
            context=[part.given(BFLOAT16, prompts.m // batch, prompts.k) for _ in range(batch)],
            y=latents(joined),
            clip_fea=part.given(FLOAT16, images.m, images.k) if images else None,
            vace_context=latents(control),
            freqs=freqs,
            per_token=is_int(times) != is_int(batch) or times != batch,
            t_of_tokens=t_of_tokens,
        )
