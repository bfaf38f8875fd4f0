"""FLOPs and parameters of the real modules, by PyTorch's own counter, on the meta device."""

import re
from collections import defaultdict
from collections.abc import Callable

import torch
from attrs import frozen
from diffusers import AutoencoderKLWan, WanTransformer3DModel, WanVACETransformer3DModel
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPVisionConfig, CLIPVisionModel, UMT5Config, UMT5EncoderModel

from wanmeter.wan.geometry import PATCH_SIZE, LatentGrid
from wanmeter.wan.run import Run


@frozen(kw_only=True)
class Measured:
    """A module of the real model in one run; `own_flops` leaves its submodules out."""

    flops: int
    own_flops: int
    params: int


def measure(run: Run, stage: str) -> dict[str, Measured]:
    """One stage of a run by the real modules, in float32: one forward pass, one clip, one prompt.

    Modules go by their names in the model, the whole model by "", all blocks together by `blocks.*`.
    """
    with torch.device("meta"), torch.no_grad():
        return _STAGES[stage](run)


def _transformer(run: Run) -> dict[str, Measured]:
    model, workload = run.model, run.workload
    grid = LatentGrid.of(workload).with_references(workload.num_reference_images)
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
    inputs = {
        "hidden_states": torch.empty(workload.batch_size, model.in_dim, *grid.size),
        "timestep": torch.empty(workload.batch_size, dtype=torch.long),
        "encoder_hidden_states": torch.empty(
            workload.batch_size, workload.text_len, model.text_dim
        ),
    }
    if model.task == "vace":
        control = {"vace_layers": list(model.vace_layers), "vace_in_channels": model.vace_in_dim}
        inputs["control_hidden_states"] = torch.empty(
            workload.batch_size, model.vace_in_dim, *grid.size
        )
        return _count(WanVACETransformer3DModel(**dimensions, **control), **inputs)
    if model.num_images:
        tokens = run.image_encoder.tokens
        dimensions |= {"image_dim": model.image_dim, "added_kv_proj_dim": model.dim}
        if model.num_images > 1:
            dimensions["pos_embed_seq_len"] = model.num_images * tokens
        inputs["encoder_hidden_states_image"] = torch.empty(
            workload.batch_size * model.num_images, tokens, model.image_dim
        )
    return _count(WanTransformer3DModel(**dimensions), **inputs)


def _text_encoder(run: Run) -> dict[str, Measured]:
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
    ids = torch.empty(workload.batch_size, workload.text_len, dtype=torch.long)
    return _count(UMT5EncoderModel(config), input_ids=ids)


def _image_encoder(run: Run) -> dict[str, Measured]:
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
    images = run.workload.batch_size * run.model.num_images
    pixels = torch.empty(images, 3, spec.image_size, spec.image_size)
    return _count(CLIPVisionModel(config), pixel_values=pixels)


class _Method(torch.nn.Module):  # type: ignore[misc,unused-ignore]  # torch may be absent
    """A method of a module as a forward pass, which the counter can follow."""

    def __init__(self, module: torch.nn.Module, method: str) -> None:
        super().__init__()
        self.module = module
        self.method = method

    def forward(self, x: torch.Tensor) -> object:
        return getattr(self.module, self.method)(x)


def _vae(run: Run) -> AutoencoderKLWan:
    spec = run.vae
    return AutoencoderKLWan(
        base_dim=spec.dim,
        z_dim=spec.z_dim,
        dim_mult=list(spec.dim_mult),
        num_res_blocks=spec.num_res_blocks,
        temperal_downsample=list(spec.temporal_downsample),
    )


def _vae_encode(run: Run) -> dict[str, Measured]:
    workload = run.workload
    video = torch.empty(
        workload.batch_size, 3, workload.num_frames, workload.height, workload.width
    )
    return _within_module(_count(_Method(_vae(run), "encode"), x=video))


def _vae_decode(run: Run) -> dict[str, Measured]:
    latents = torch.empty(run.workload.batch_size, run.vae.z_dim, *LatentGrid.of(run.workload).size)
    return _within_module(_count(_Method(_vae(run), "decode"), x=latents))


def _within_module(measured: dict[str, Measured]) -> dict[str, Measured]:
    """Names within the module that a `_Method` wraps."""
    return {name.removeprefix("module").removeprefix("."): m for name, m in measured.items()}


_STAGES: dict[str, Callable[[Run], dict[str, Measured]]] = {
    "text_encoder": _text_encoder,
    "image_encoder": _image_encoder,
    "vae_encode": _vae_encode,
    "transformer": _transformer,
    "vae_decode": _vae_decode,
}


def _count(real: torch.nn.Module, **inputs: torch.Tensor) -> dict[str, Measured]:
    counter = FlopCounterMode(display=False)
    real.eval()
    with counter:
        real(**inputs)
    return _by_module(real, counter)


def _by_module(real: torch.nn.Module, counter: FlopCounterMode) -> dict[str, Measured]:
    prefix = type(real).__name__
    counts = {
        name.removeprefix(prefix).removeprefix("."): sum(operators.values())
        for name, operators in counter.get_flop_counts().items()
    }
    flops, own, params = (defaultdict[str, int](int) for _ in range(3))
    for name, module in real.named_modules():
        below = [f"{name}.{child}" if name else child for child, _ in module.named_children()]
        merged = _merge_blocks(name)
        flops[merged] += counts.get(name, 0)
        if name in counts:
            own[merged] += counts[name] - sum(_flops_at_or_below(real, n, counts) for n in below)
        params[merged] += sum(parameter.numel() for parameter in module.parameters())
    for name, parameter in real.named_parameters():
        params[_merge_blocks(name)] += parameter.numel()
    return {
        name: Measured(flops=flops[name], own_flops=own[name], params=params[name])
        for name in params
    }


def _flops_at_or_below(real: torch.nn.Module, name: str, counts: dict[str, int]) -> int:
    """FLOPs of a module; of its children where it is a container that is never called itself."""
    if name in counts:
        return counts[name]
    children = real.get_submodule(name).named_children()
    return sum(_flops_at_or_below(real, f"{name}.{child}", counts) for child, _ in children)


def _merge_blocks(name: str) -> str:
    return re.sub(r"(^|\.)(blocks|vace_blocks|block|layers)\.\d+", r"\1\2.*", name)
