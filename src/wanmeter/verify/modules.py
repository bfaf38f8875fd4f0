"""Which module of the real model each row of a report stands for. No torch is needed to know."""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen


@frozen
class Counterpart:
    """A module of the real model, or the work that a module does itself, outside its submodules."""

    module: str
    own: bool = False


def _attention(path: str, module: str) -> dict[str, Counterpart]:
    projections = {"q": "to_q", "k": "to_k", "v": "to_v", "o": "to_out.0"}
    norms = {"norm_q": "norm_q", "norm_k": "norm_k"}
    parts = {
        f"{path}/{part}": Counterpart(f"{module}.{name}")
        for part, name in (projections | norms).items()
    }
    return {path: Counterpart(module), f"{path}/core": Counterpart(module, own=True)} | parts


WAN_TRANSFORMER: Mapping[str, Counterpart] = MappingProxyType(
    {
        "transformer": Counterpart(""),
        "transformer/patch_embedding": Counterpart("patch_embedding"),
        "transformer/time_embedding": Counterpart("condition_embedder.time_embedder"),
        "transformer/time_embedding/mlp/up_proj": Counterpart(
            "condition_embedder.time_embedder.linear_1"
        ),
        "transformer/time_embedding/mlp/down_proj": Counterpart(
            "condition_embedder.time_embedder.linear_2"
        ),
        "transformer/time_projection": Counterpart("condition_embedder.time_proj"),
        "transformer/text_embedding": Counterpart("condition_embedder.text_embedder"),
        "transformer/text_embedding/up_proj": Counterpart(
            "condition_embedder.text_embedder.linear_1"
        ),
        "transformer/text_embedding/down_proj": Counterpart(
            "condition_embedder.text_embedder.linear_2"
        ),
        "transformer/freqs": Counterpart("rope"),
        "transformer/blocks": Counterpart("blocks.*"),
        "transformer/blocks/modulation": Counterpart("blocks.*.scale_shift_table"),
        "transformer/blocks/norm1": Counterpart("blocks.*.norm1"),
        **_attention("transformer/blocks/self_attn", "blocks.*.attn1"),
        "transformer/blocks/norm3": Counterpart("blocks.*.norm2"),
        **_attention("transformer/blocks/cross_attn", "blocks.*.attn2"),
        "transformer/blocks/norm2": Counterpart("blocks.*.norm3"),
        "transformer/blocks/ffn": Counterpart("blocks.*.ffn"),
        "transformer/blocks/ffn/up_proj": Counterpart("blocks.*.ffn.net.0.proj"),
        "transformer/blocks/ffn/down_proj": Counterpart("blocks.*.ffn.net.2"),
        "transformer/head/modulation": Counterpart("scale_shift_table"),
        "transformer/head/norm": Counterpart("norm_out"),
        "transformer/head/head": Counterpart("proj_out"),
    }
)
"""Rows of a report and their counterparts in diffusers' `WanTransformer3DModel`.

`blocks.*` is all blocks together, as a row is. A learned table counts as a module of its own.
"""
