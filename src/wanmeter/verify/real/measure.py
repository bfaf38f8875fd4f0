"""FLOPs and parameters of the real models, by PyTorch's own counter."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import torch
from attrs import frozen
from torch.utils.flop_counter import FlopCounterMode

from wanmeter.models import Run
from wanmeter.models.reference import RealPasses
from wanmeter.verify.real.build import BuiltModule, build


@frozen(kw_only=True)
class Measured:
    """The counts of a real module; `own_flops` excludes its submodules."""

    flops: int
    own_flops: int
    params: int

    def then(self, other: "Measured", times: int) -> "Measured":
        """Add `times` passes of `other`."""
        return Measured(
            flops=self.flops + times * other.flops,
            own_flops=self.own_flops + times * other.own_flops,
            params=other.params,
        )


Measurement = Mapping[str, Measured]
"""Modules by name: the whole model is "", all blocks together are `blocks.*`."""

_NOTHING = Measured(flops=0, own_flops=0, params=0)


class RealRun:
    """The real models of a run, each built once and measured once per shape."""

    def __init__(self, run: Run) -> None:
        """Models are built on first use."""
        self.run = run
        self._models: dict[str, BuiltModule] = {}
        self._measured: dict[tuple[str, int], Measurement] = {}

    def model(self, stage: str) -> BuiltModule:
        """The real model of a stage."""
        if stage not in self._models:
            self._models[stage] = build(self.run.reference.stages[stage].module(self.run))
        return self._models[stage]

    def measured(self, stage: str, passes: Iterable[RealPasses]) -> Measurement:
        """Measure the modules of a stage over several forward passes, in float32.

        Passes of the same shape are measured once and multiplied.
        """
        total: dict[str, Measured] = {}
        for each in passes:
            key = (stage, each.num_frames)
            if key not in self._measured:
                self._measured[key] = count(self.model(stage), each.num_frames)
            for name, measured in self._measured[key].items():
                total[name] = total.get(name, _NOTHING).then(measured, each.count)
        return total


def measure(run: Run, stage: str) -> Measurement:
    """Measure one stage of a run."""
    return RealRun(run).measured(stage, run.reference.stages[stage].passes(run))


def count(model: BuiltModule, num_frames: int) -> Measurement:
    """Measure one forward pass of a real model."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model.module(**model.inputs(num_frames))
    real = model.module.get_submodule(model.prefix)
    root = f"{type(model.module).__name__}.{model.prefix}".removesuffix(".")
    counts = {
        name.removeprefix(root).removeprefix("."): sum(operators.values())
        for name, operators in counter.get_flop_counts().items()
        if name.startswith(root)
    }
    flops, own, params = (defaultdict[str, int](int) for _ in range(3))
    for name, module in real.named_modules():
        below = [f"{name}.{child}" if name else child for child, _ in module.named_children()]
        merged = merge_blocks(name, model.blocks)
        flops[merged] += counts.get(name, 0)
        if name in counts:
            own[merged] += counts[name] - sum(_flops_at_or_below(real, n, counts) for n in below)
        params[merged] += sum(parameter.numel() for parameter in module.parameters())
    for name, parameter in real.named_parameters():
        params[merge_blocks(name, model.blocks)] += parameter.numel()
    return {
        name: Measured(flops=flops[name], own_flops=own[name], params=params[name])
        for name in params
    }


def _flops_at_or_below(real: torch.nn.Module, name: str, counts: dict[str, int]) -> int:
    """FLOPs of a module, or of its children if it is a container that is never called."""
    if name in counts:
        return counts[name]
    children = real.get_submodule(name).named_children()
    return sum(_flops_at_or_below(real, f"{name}.{child}", counts) for child, _ in children)


def merge_blocks(name: str, blocks: Iterable[str]) -> str:
    """Replace the block's index in a name by `*`: `blocks.3.ffn` becomes `blocks.*.ffn`."""
    for each in blocks:
        name = re.sub(rf"^{re.escape(each)}\.\d+", f"{each}.*", name)
    return name
