"""FLOPs and parameters of the real modules, by PyTorch's own counter, on the meta device."""

import re
from collections import defaultdict

import torch
from attrs import frozen
from diffusers import WanTransformer3DModel
from torch.utils.flop_counter import FlopCounterMode

from wanmeter.wan.geometry import PATCH_SIZE, LatentGrid
from wanmeter.wan.specs import ModelSpec
from wanmeter.wan.workload import Workload


@frozen(kw_only=True)
class Measured:
    """A module of the real model in one forward pass; `own_flops` leaves its submodules out."""

    flops: int
    own_flops: int
    params: int


def measure_transformer(model: ModelSpec, workload: Workload) -> dict[str, Measured]:
    """One forward pass of diffusers' `WanTransformer3DModel`, module by module, in float32.

    Modules go by their names in the model, the whole model by "", all blocks together by `blocks.*`.
    """
    grid = LatentGrid.of(workload)
    counter = FlopCounterMode(display=False)
    with torch.device("meta"), torch.no_grad():
        real = WanTransformer3DModel(
            patch_size=PATCH_SIZE,
            num_attention_heads=model.num_heads,
            attention_head_dim=model.head_dim,
            in_channels=model.in_dim,
            out_channels=model.out_dim,
            text_dim=model.text_dim,
            freq_dim=model.freq_dim,
            ffn_dim=model.ffn_dim,
            num_layers=model.num_layers,
        ).eval()
        with counter:
            real(
                hidden_states=torch.empty(workload.batch_size, model.in_dim, *grid.size),
                timestep=torch.empty(workload.batch_size, dtype=torch.long),
                encoder_hidden_states=torch.empty(
                    workload.batch_size, workload.text_len, model.text_dim
                ),
            )
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
    return re.sub(r"^blocks\.\d+", "blocks.*", name)
