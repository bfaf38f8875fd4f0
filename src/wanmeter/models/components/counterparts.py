"""The rows of text encoder, image encoder and VAE, and the modules that they stand for.

`blocks.*` means all blocks together, like a row. A learned table counts as a module. If a row stands for
several modules, these are added up. A row and a module agree if both are missing.
"""

from collections.abc import Sequence

from wanmeter.models.components.specs import VaeSpec
from wanmeter.models.reference import Counterpart, attention, with_parts


def text_encoder_counterparts() -> dict[str, Counterpart]:
    """Source: transformers UMT5EncoderModel."""
    block = "encoder.block.*.layer"
    projections = {
        "q": "q",
        "k": "k",
        "v": "v",
        "o": "o",
        "position_bias": "relative_attention_bias",
    }
    gated = {"up_proj": "wi_1", "gate_proj": "wi_0", "down_proj": "wo"}
    return {
        "": Counterpart(""),
        "token_embedding": Counterpart("shared"),
        "blocks": Counterpart("encoder.block.*"),
        "blocks/norm1": Counterpart(f"{block}.0.layer_norm"),
        **attention("blocks/attn", f"{block}.0.SelfAttention", projections),
        "blocks/norm2": Counterpart(f"{block}.1.layer_norm"),
        **with_parts("blocks/ffn", f"{block}.1.DenseReluDense", gated),
        "norm": Counterpart("encoder.final_layer_norm"),
    }


def image_encoder_counterparts() -> dict[str, Counterpart]:
    """Source: transformers CLIPVisionModel, with the idle last blocks moved to a list of their own."""
    return {
        "": Counterpart(""),
        "patch_embedding": Counterpart("embeddings.patch_embedding"),
        "position_embedding": Counterpart(
            ("embeddings.class_embedding", "embeddings.position_embedding")
        ),
        "pre_norm": Counterpart("pre_layrnorm"),
        **_image_block("blocks", "encoder.layers.*"),
        **_image_block("idle_blocks", "encoder.idle_layers.*"),
        "idle_post_norm": Counterpart("post_layernorm"),
    }


def _image_block(row: str, module: str) -> dict[str, Counterpart]:
    projections = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "out_proj"}
    return {
        row: Counterpart(module),
        f"{row}/norm1": Counterpart(f"{module}.layer_norm1"),
        **attention(f"{row}/attn", f"{module}.self_attn", projections),
        f"{row}/norm2": Counterpart(f"{module}.layer_norm2"),
        **with_parts(f"{row}/mlp", f"{module}.mlp", {"up_proj": "fc1", "down_proj": "fc2"}),
    }


def _coder(row: str, module: str) -> dict[str, Counterpart]:
    middle = {"norm": "norm", "to_qkv": "to_qkv", "proj": "proj"}
    return {
        row: Counterpart(module),
        f"{row}/conv_in": Counterpart(f"{module}.conv_in"),
        f"{row}/mid": Counterpart(f"{module}.mid_block"),
        **_resnets(f"{row}/mid/resnet_0", [f"{module}.mid_block.resnets.0"]),
        **attention(f"{row}/mid/attention", f"{module}.mid_block.attentions.0", middle),
        **_resnets(f"{row}/mid/resnet_1", [f"{module}.mid_block.resnets.1"]),
        f"{row}/norm_out": Counterpart(f"{module}.norm_out"),
        f"{row}/conv_out": Counterpart(f"{module}.conv_out"),
    }


_RESNET = {
    "shortcut": "conv_shortcut",
    "norm1": "norm1",
    "conv1": "conv1",
    "norm2": "norm2",
    "conv2": "conv2",
}


def _resnets(row: str, modules: Sequence[str]) -> dict[str, Counterpart]:
    """Residual blocks that one row stands for, and their parts."""
    parts = {
        f"{row}/{part}": Counterpart(tuple(f"{module}.{name}" for module in modules))
        for part, name in _RESNET.items()
    }
    return {row: Counterpart(tuple(modules))} | parts


def _level(
    row: str, resnets: Sequence[str], resampling: str, *, temporal: bool
) -> dict[str, Counterpart]:
    """The first residual block of a level, the others, and the resampling after them, if any."""
    table = _resnets(f"{row}/resnet_0", resnets[:1])
    if resnets[1:]:
        table |= _resnets(f"{row}/resnets", resnets[1:])
    if resampling:
        table[f"{row}/resample"] = Counterpart(resampling)
        table[f"{row}/resample/conv"] = Counterpart(f"{resampling}.resample.1")
        if temporal:
            table[f"{row}/resample/time_conv"] = Counterpart(f"{resampling}.time_conv")
    return table


def vae_encode_counterparts(spec: VaeSpec) -> dict[str, Counterpart]:
    """Source: diffusers AutoencoderKLWan, its encoder."""
    table = {"": Counterpart(("encoder", "quant_conv")), **_coder("encoder", "encoder")}
    table["quant_conv"] = Counterpart("quant_conv")
    first = 0  # index into a flat list: each level's residual blocks, then its resampling
    for level in range(len(spec.widths)):
        resamples = level < len(spec.temporal_downsample)
        temporal = resamples and spec.temporal_downsample[level]
        row = f"encoder/down_{level}"
        if spec.residual:
            module = f"encoder.down_blocks.{level}"
            resampling = f"{module}.downsampler" if resamples else ""
            resnets = [f"{module}.resnets.{i}" for i in range(spec.num_res_blocks)]
            table[row] = Counterpart(module)
            table |= _level(row, resnets, resampling, temporal=temporal)
            continue
        after = first + spec.num_res_blocks
        blocks = [f"encoder.down_blocks.{i}" for i in range(first, after + resamples)]
        table[row] = Counterpart(tuple(blocks))
        table |= _level(
            row,
            blocks[: spec.num_res_blocks],
            blocks[-1] if resamples else "",
            temporal=temporal,
        )
        first = after + resamples
    return table


def vae_decode_counterparts(spec: VaeSpec) -> dict[str, Counterpart]:
    """Source: diffusers AutoencoderKLWan, its decoder."""
    table = {"": Counterpart(("decoder", "post_quant_conv")), **_coder("decoder", "decoder")}
    table["post_quant_conv"] = Counterpart("post_quant_conv")
    temporal = (*reversed(spec.temporal_downsample), False)
    for level in range(len(spec.widths)):
        row, module = f"decoder/up_{level}", f"decoder.up_blocks.{level}"
        resnets = [f"{module}.resnets.{i}" for i in range(spec.num_res_blocks + 1)]
        resamples = level < len(spec.temporal_downsample)
        table[row] = Counterpart(module)
        name = "upsampler" if spec.residual else "upsamplers.0"
        resampling = f"{module}.{name}" if resamples else ""
        table |= _level(row, resnets, resampling, temporal=temporal[level])
    return table
