"""The real models of a run's stages, and their inputs, on the meta device: shapes without numbers."""

from collections.abc import Callable, Mapping

import torch
from attrs import evolve, frozen
from diffusers import AutoencoderKLWan, WanTransformer3DModel, WanVACETransformer3DModel
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModel,
    PreTrainedModel,
    UMT5Config,
    UMT5EncoderModel,
)

from wanmeter.wan.geometry import PATCH_SIZE, LatentGrid
from wanmeter.wan.run import Run

DTYPES = {16: torch.bfloat16, 32: torch.float32}
"""The types that a model runs in, by the bits of an element."""


@frozen
class RealModel:
    """The real model of one stage of a run; `inputs(num_frames)` are those of one forward pass, by name."""

    module: torch.nn.Module
    inputs: Callable[[int], Mapping[str, torch.Tensor]]
    prefix: str = ""
    """What stands before the model's own names in those of `module`."""


def real_model(run: Run, stage: str) -> RealModel:
    """The model that a stage of a run executes, its parameters in float32."""
    with torch.device("meta"):
        return _STAGES[stage](run)


def in_precision(model: RealModel, bits: int) -> RealModel:
    """The model as it is loaded for inference in bfloat16 (16 bits) or float32 (32), changed in place.

    Parameters that the libraries keep in float32 stay so; buffers do too, as no checkpoint has them.

    Source: diffusers ModelMixin._keep_in_fp32_modules; transformers
    PreTrainedModel._keep_in_fp32_modules_strict, the only ones that count for bfloat16.
    """
    dtype = DTYPES[bits]
    inner = model.module.get_submodule(model.prefix)
    kept = set(
        inner._keep_in_fp32_modules_strict
        if isinstance(inner, PreTrainedModel)
        else inner._keep_in_fp32_modules or ()
    )
    for name, parameter in inner.named_parameters():
        if not kept & set(name.split(".")):
            parameter.data = parameter.data.to(dtype)

    def inputs(num_frames: int) -> dict[str, torch.Tensor]:
        return {
            name: tensor.to(dtype) if tensor.is_floating_point() else tensor
            for name, tensor in model.inputs(num_frames).items()
        }

    return evolve(model, inputs=inputs)


def _transformer(run: Run) -> RealModel:
    model = run.model
    dimensions = {
        "patch_size": PATCH_SIZE,
        "num_attention_heads": model.num_heads,
        "attention_head_dim": model.head_dim,
        "in_channels": model.in_dim,
        "out_channels": model.out_dim,
        "text_dim": model.text_dim,
        "freq_dim": model.freq_dim,
        "ffn_dim": model.ffn_dim,
        "num_layers": model.num_layers,
    }
    if model.task == "vace":
        control = {"vace_layers": list(model.vace_layers), "vace_in_channels": model.vace_in_dim}
        module = WanVACETransformer3DModel(**dimensions, **control)
    else:
        if model.num_images:
            dimensions |= {"image_dim": model.image_dim, "added_kv_proj_dim": model.dim}
        if model.num_images > 1:
            dimensions["pos_embed_seq_len"] = model.num_images * run.image_encoder.tokens
        module = WanTransformer3DModel(**dimensions)
    return RealModel(module.eval(), lambda _: _transformer_inputs(run))


def _transformer_inputs(run: Run) -> dict[str, torch.Tensor]:
    model, workload = run.model, run.workload
    batch = workload.batch_size
    grid = LatentGrid.of(workload).with_references(workload.num_reference_images)
    inputs = {
        "hidden_states": _empty(batch, model.in_dim, *grid.size),
        "timestep": _empty(batch, dtype=torch.long),
        "encoder_hidden_states": _empty(batch, workload.text_len, model.text_dim),
    }
    if model.task == "vace":
        inputs["control_hidden_states"] = _empty(batch, model.vace_in_dim, *grid.size)
    if model.num_images:
        inputs["encoder_hidden_states_image"] = _empty(
            batch * model.num_images, run.image_encoder.tokens, model.image_dim
        )
    return inputs


def _text_encoder(run: Run) -> RealModel:
    spec, workload = run.text_encoder, run.workload
    config = UMT5Config(
        vocab_size=spec.vocab_size,
        d_model=spec.dim,
        d_kv=spec.head_dim,
        d_ff=spec.ffn_dim,
        num_heads=spec.num_heads,
        num_layers=spec.num_layers,
        relative_attention_num_buckets=spec.num_buckets,
        feed_forward_proj="gated-gelu",
    )
    module = UMT5EncoderModel(config).eval()
    shape = (workload.batch_size, workload.text_len)
    return RealModel(module, lambda _: {"input_ids": _empty(*shape, dtype=torch.long)})


def _image_encoder(run: Run) -> RealModel:
    spec = run.image_encoder
    config = CLIPVisionConfig(
        hidden_size=spec.dim,
        intermediate_size=spec.ffn_dim,
        num_hidden_layers=spec.num_layers,
        num_attention_heads=spec.num_heads,
        image_size=spec.image_size,
        patch_size=spec.patch_size,
        hidden_act="gelu",
    )
    module = CLIPVisionModel(config).eval()
    # The official code loads all blocks and leaves out the last when it runs them.
    layers = module.encoder.layers
    module.encoder.layers = layers[: spec.layers_run]
    module.encoder.idle_layers = layers[spec.layers_run :]
    images = run.workload.batch_size * run.model.num_images
    shape = (images, 3, spec.image_size, spec.image_size)
    return RealModel(module, lambda _: {"pixel_values": _empty(*shape)})


class _Method(torch.nn.Module):  # type: ignore[misc,unused-ignore]  # torch may be absent
    """A method of a module as a forward pass, which the counter can follow."""

    def __init__(self, module: torch.nn.Module, method: str) -> None:
        super().__init__()
        self.module = module
        self.method = method

    def forward(self, x: torch.Tensor) -> object:
        return getattr(self.module, self.method)(x)


def _vae(run: Run, method: str) -> torch.nn.Module:
    spec = run.vae
    module = AutoencoderKLWan(
        base_dim=spec.dim,
        z_dim=spec.z_dim,
        dim_mult=list(spec.dim_mult),
        num_res_blocks=spec.num_res_blocks,
        temperal_downsample=list(spec.temporal_downsample),
    )
    return _Method(module, method).eval()


def _vae_encode(run: Run) -> RealModel:
    workload = run.workload

    def inputs(num_frames: int) -> dict[str, torch.Tensor]:
        return {"x": _empty(workload.batch_size, 3, num_frames, workload.height, workload.width)}

    return RealModel(_vae(run, "encode"), inputs, prefix="module")


def _vae_decode(run: Run) -> RealModel:
    shape = (run.workload.batch_size, run.vae.z_dim, *LatentGrid.of(run.workload).size)
    return RealModel(_vae(run, "decode"), lambda _: {"x": _empty(*shape)}, prefix="module")


_STAGES: Mapping[str, Callable[[Run], RealModel]] = {
    "text_encoder": _text_encoder,
    "image_encoder": _image_encoder,
    "vae_encode": _vae_encode,
    "transformer": _transformer,
    "vae_decode": _vae_decode,
}


def _empty(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(*shape, dtype=dtype, device="meta")
