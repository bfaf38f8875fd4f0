"""The rows of the transformer, and the diffusers modules that they stand for."""

from wanmeter.models.reference import Counterpart, attention, with_parts
from wanmeter.models.wan2_1.spec import Task

_ATTENTION = {
    "q": "to_q",
    "k": "to_k",
    "v": "to_v",
    "norm_q": "norm_q",
    "norm_k": "norm_k",
    "o": "to_out.0",
}
_IMAGE_ATTENTION = {"k_img": "add_k_proj", "v_img": "add_v_proj", "norm_k_img": "norm_added_k"}
_MLP = {"up_proj": "net.0.proj", "down_proj": "net.2"}


def _block(row: str, module: str) -> dict[str, Counterpart]:
    return {
        f"{row}/modulation": Counterpart(f"{module}.scale_shift_table"),
        f"{row}/norm1": Counterpart(f"{module}.norm1", part=True),
        **attention(f"{row}/self_attn", f"{module}.attn1", _ATTENTION),
        f"{row}/norm3": Counterpart(f"{module}.norm2"),
        **attention(f"{row}/cross_attn", f"{module}.attn2", _ATTENTION),
        f"{row}/norm2": Counterpart(f"{module}.norm3", part=True),
        **with_parts(f"{row}/ffn", f"{module}.ffn", _MLP),
    }


def transformer_counterparts(task: Task) -> dict[str, Counterpart]:
    """Source: diffusers WanTransformer3DModel and WanVACETransformer3DModel."""
    embedder = "condition_embedder"
    linears = {"up_proj": "linear_1", "down_proj": "linear_2"}
    table = {
        "": Counterpart(""),
        "patch_embedding": Counterpart("patch_embedding"),
        "time_embedding": Counterpart(f"{embedder}.time_embedder"),
        **with_parts("time_embedding/mlp", f"{embedder}.time_embedder", linears),
        "time_projection": Counterpart(f"{embedder}.time_proj"),
        "time_projection/linear": Counterpart(f"{embedder}.time_proj"),
        **with_parts("text_embedding", f"{embedder}.text_embedder", linears),
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
            **with_parts("img_emb/mlp", f"{image}.ff", _MLP),
            "img_emb/norm2": Counterpart(f"{image}.norm2"),
        }
    if task == "flf2v":
        table["img_emb/position_embedding"] = Counterpart(f"{image}.pos_embed")
    if task == "vace":
        table |= {
            "vace_patch_embedding": Counterpart("vace_patch_embedding"),
            "vace_before_proj": Counterpart("vace_blocks.*.proj_in"),
            # diffusers has the projection before the blocks inside the first control block.
            "vace_blocks+vace_before_proj": Counterpart("vace_blocks.*"),
            **_block("vace_blocks", "vace_blocks.*"),
            "vace_blocks/after_proj": Counterpart("vace_blocks.*.proj_out"),
        }
    return table
