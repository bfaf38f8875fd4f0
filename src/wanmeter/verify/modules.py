"""Which module of the real model each row of a report stands for. No torch is needed to know."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from attrs import field, frozen

from wanmeter.wan.components import VaeSpec
from wanmeter.wan.run import Run


def _as_tuple(modules: str | tuple[str, ...]) -> tuple[str, ...]:
    return (modules,) if isinstance(modules, str) else modules


@frozen
class Counterpart:
    """What rows stand for: modules of the real model, together, or the work of a module itself.

    `own` leaves the submodules' FLOPs out: an attention core is no module, but what its module does
    beside its projections. `part` says that the modules do only part of the rows' work, FLOPs and
    parameters apart, and the module around them the rest: a norm's modulation.
    """

    modules: tuple[str, ...] = field(converter=_as_tuple)
    own: bool = False
    part: bool = False


OUTSIDE = frozenset({"vae_encode/normalize", "vae_decode/denormalize"})
"""Rows whose work the pipelines do, before or after the real model."""

Counterparts = Mapping[tuple[str, ...], Counterpart]
"""Rows, by path, that are added up, and what they stand for."""


def counterparts(run: Run, stage: str) -> Counterparts:
    """The rows of a stage of a run that stand for modules of the real model: all that compute or learn.

    Real models: diffusers' `WanTransformer3DModel` or `WanVACETransformer3DModel`, and
    `AutoencoderKLWan`; transformers' `UMT5EncoderModel` and `CLIPVisionModel`. `blocks.*` is all
    blocks together, as a row is. A learned table counts as a module of its own. Where a row's numbers
    are those of several modules, they are added up. A row and a module that are both not there agree.
    """
    tables: dict[str, Callable[[], dict[str, Counterpart]]] = {
        "text_encoder": _text_encoder,
        "image_encoder": _image_encoder,
        "vae_encode": partial(_vae_encode, run.vae),
        "transformer": partial(_transformer, run.model.task),
        "vae_decode": partial(_vae_decode, run.vae),
    }
    return {
        tuple(f"{stage}/{row}".removesuffix("/") for row in rows.split("+")): counterpart
        for rows, counterpart in tables[stage]().items()
    }


def _with_parts(row: str, module: str, parts: Mapping[str, str]) -> dict[str, Counterpart]:
    """A row and its module, and the parts of both."""
    below = {f"{row}/{part}": Counterpart(f"{module}.{name}") for part, name in parts.items()}
    return {row: Counterpart(module)} | below


def _attention(row: str, module: str, parts: Mapping[str, str]) -> dict[str, Counterpart]:
    """An attention module: its core is what it does beside its parts."""
    return _with_parts(row, module, parts) | {f"{row}/core": Counterpart(module, own=True)}


_WAN_ATTENTION = {
    "q": "to_q",
    "k": "to_k",
    "v": "to_v",
    "norm_q": "norm_q",
    "norm_k": "norm_k",
    "o": "to_out.0",
}
_IMAGE_ATTENTION = {"k_img": "add_k_proj", "v_img": "add_v_proj", "norm_k_img": "norm_added_k"}
_WAN_MLP = {"up_proj": "net.0.proj", "down_proj": "net.2"}


def _block(row: str, module: str) -> dict[str, Counterpart]:
    return {
        f"{row}/modulation": Counterpart(f"{module}.scale_shift_table"),
        f"{row}/norm1": Counterpart(f"{module}.norm1", part=True),
        **_attention(f"{row}/self_attn", f"{module}.attn1", _WAN_ATTENTION),
        f"{row}/norm3": Counterpart(f"{module}.norm2"),
        **_attention(f"{row}/cross_attn", f"{module}.attn2", _WAN_ATTENTION),
        f"{row}/norm2": Counterpart(f"{module}.norm3", part=True),
        **_with_parts(f"{row}/ffn", f"{module}.ffn", _WAN_MLP),
    }


def _transformer(task: str) -> dict[str, Counterpart]:
    embedder = "condition_embedder"
    linears = {"up_proj": "linear_1", "down_proj": "linear_2"}
    table = {
        "": Counterpart(""),
        "patch_embedding": Counterpart("patch_embedding"),
        "time_embedding": Counterpart(f"{embedder}.time_embedder"),
        **_with_parts("time_embedding/mlp", f"{embedder}.time_embedder", linears),
        "time_projection": Counterpart(f"{embedder}.time_proj"),
        "time_projection/linear": Counterpart(f"{embedder}.time_proj"),
        **_with_parts("text_embedding", f"{embedder}.text_embedder", linears),
        "freqs": Counterpart("rope"),
        "blocks": Counterpart("blocks.*"),
        **_block("blocks", "blocks.*"),
        "head": Counterpart(("scale_shift_table", "norm_out", "proj_out")),
        "head/modulation": Counterpart("scale_shift_table"),
        "head/norm": Counterpart("norm_out", part=True),
        "head/head": Counterpart("proj_out"),
    }
    if task in ("i2v", "flf2v"):
        cross, image = "blocks/cross_attn", f"{embedder}.image_embedder"
        for part, name in _IMAGE_ATTENTION.items():
            table[f"{cross}/{part}"] = Counterpart(f"blocks.*.attn2.{name}")
        # Both cores are the module's own work.
        table[f"{cross}/core+{cross}/core_img"] = table.pop(f"{cross}/core")
        table |= {
            "img_emb": Counterpart(image),
            "img_emb/norm1": Counterpart(f"{image}.norm1"),
            **_with_parts("img_emb/mlp", f"{image}.ff", _WAN_MLP),
            "img_emb/norm2": Counterpart(f"{image}.norm2"),
        }
    if task == "flf2v":
        table["img_emb/position_embedding"] = Counterpart(f"{image}.pos_embed")
    if task == "vace":
        table |= {
            "vace_patch_embedding": Counterpart("vace_patch_embedding"),
            "vace_before_proj": Counterpart("vace_blocks.*.proj_in"),
            # The first control block has the projection before the blocks.
            "vace_blocks+vace_before_proj": Counterpart("vace_blocks.*"),
            **_block("vace_blocks", "vace_blocks.*"),
            "vace_blocks/after_proj": Counterpart("vace_blocks.*.proj_out"),
        }
    return table


def _text_encoder() -> dict[str, Counterpart]:
    block = "encoder.block.*.layer"
    attention = {"q": "q", "k": "k", "v": "v", "o": "o", "position_bias": "relative_attention_bias"}
    gated = {"up_proj": "wi_1", "gate_proj": "wi_0", "down_proj": "wo"}
    return {
        "": Counterpart(""),
        "token_embedding": Counterpart("shared"),
        "blocks": Counterpart("encoder.block.*"),
        "blocks/norm1": Counterpart(f"{block}.0.layer_norm"),
        **_attention("blocks/attn", f"{block}.0.SelfAttention", attention),
        "blocks/norm2": Counterpart(f"{block}.1.layer_norm"),
        **_with_parts("blocks/ffn", f"{block}.1.DenseReluDense", gated),
        "norm": Counterpart("encoder.final_layer_norm"),
    }


def _image_encoder() -> dict[str, Counterpart]:
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
    attention = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "out_proj"}
    return {
        row: Counterpart(module),
        f"{row}/norm1": Counterpart(f"{module}.layer_norm1"),
        **_attention(f"{row}/attn", f"{module}.self_attn", attention),
        f"{row}/norm2": Counterpart(f"{module}.layer_norm2"),
        **_with_parts(f"{row}/mlp", f"{module}.mlp", {"up_proj": "fc1", "down_proj": "fc2"}),
    }


def _coder(row: str, module: str) -> dict[str, Counterpart]:
    middle = {"norm": "norm", "to_qkv": "to_qkv", "proj": "proj"}
    return {
        row: Counterpart(module),
        f"{row}/conv_in": Counterpart(f"{module}.conv_in"),
        f"{row}/mid": Counterpart(f"{module}.mid_block"),
        **_resnets(f"{row}/mid/resnet_0", [f"{module}.mid_block.resnets.0"]),
        **_attention(f"{row}/mid/attention", f"{module}.mid_block.attentions.0", middle),
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


def _vae_encode(spec: VaeSpec) -> dict[str, Counterpart]:
    table = {"": Counterpart(("encoder", "quant_conv")), **_coder("encoder", "encoder")}
    table["quant_conv"] = Counterpart("quant_conv")
    first = 0  # of a flat list: a level's residual blocks, then its resampling
    for level in range(len(spec.widths)):
        resamples = level < len(spec.temporal_downsample)
        after = first + spec.num_res_blocks
        blocks = [f"encoder.down_blocks.{i}" for i in range(first, after + resamples)]
        row = f"encoder/down_{level}"
        table[row] = Counterpart(tuple(blocks))
        table |= _level(
            row,
            blocks[: spec.num_res_blocks],
            blocks[-1] if resamples else "",
            temporal=resamples and spec.temporal_downsample[level],
        )
        first = after + resamples
    return table


def _vae_decode(spec: VaeSpec) -> dict[str, Counterpart]:
    table = {"": Counterpart(("decoder", "post_quant_conv")), **_coder("decoder", "decoder")}
    table["post_quant_conv"] = Counterpart("post_quant_conv")
    temporal = (*reversed(spec.temporal_downsample), False)
    for level in range(len(spec.widths)):
        row, module = f"decoder/up_{level}", f"decoder.up_blocks.{level}"
        resnets = [f"{module}.resnets.{i}" for i in range(spec.num_res_blocks + 1)]
        resamples = level < len(spec.temporal_downsample)
        table[row] = Counterpart(module)
        table |= _level(
            row,
            resnets,
            f"{module}.upsamplers.0" if resamples else "",
            temporal=temporal[level],
        )
    return table
