"""Builds the real models on the meta device, where tensors have shapes but no data."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import torch
from attrs import evolve, frozen
from transformers import PreTrainedModel

from wanmeter.models.reference import RealModule, Recipe

DTYPES = {16: torch.bfloat16, 32: torch.float32}
"""The types that a model can run in, by bits per element."""


@frozen
class BuiltModule:
    """The real model of a stage; `inputs(num_frames)` are the arguments of one forward pass, by name."""

    module: torch.nn.Module
    inputs: Callable[[int], Mapping[str, torch.Tensor]]
    prefix: str = ""
    """Prefix of the model's own names within `module`."""
    blocks: tuple[str, ...] = ()
    """Names of the block lists whose blocks are counted together."""


def make(recipe: Recipe, **parts: object) -> Any:
    """Construct an object of a library; `parts` are the components of a pipeline.

    Raises:
        ImportError: the library has no such class.
    """
    library = import_module(recipe.library)
    try:
        made = getattr(library, recipe.class_name)
    except AttributeError as error:
        raise ImportError(f"{recipe.library} has no {recipe.class_name}") from error
    if issubclass(made, PreTrainedModel):
        return made(made.config_class(**recipe.config))
    return made(**recipe.config, **parts)


def build(real: RealModule) -> BuiltModule:
    """Build a model as described, with float32 parameters."""
    with torch.device("meta"):
        module = make(real.recipe).eval()
    blocks: list[str] = []
    for name, run in real.blocks.items():
        parent, _, last = name.rpartition(".")
        owner, every = module.get_submodule(parent), module.get_submodule(name)
        setattr(owner, last, every[:run])
        setattr(owner, f"idle_{last}", every[run:])
        blocks += [name, f"{parent}.idle_{last}".removeprefix(".")]

    def inputs(num_frames: int) -> dict[str, torch.Tensor]:
        return {
            name: torch.empty(
                each.shape, dtype=torch.long if each.integer else torch.float32, device="meta"
            )
            for name, each in real.inputs(num_frames).items()
        }

    if real.method == "forward":
        return BuiltModule(module, inputs, blocks=tuple(blocks))
    return BuiltModule(_Method(module, real.method), inputs, "module", tuple(blocks))


class _Method(torch.nn.Module):  # type: ignore[misc,unused-ignore]  # torch may be absent
    """Wraps a method of a module as its forward pass, for the counter to follow."""

    def __init__(self, module: torch.nn.Module, method: str) -> None:
        super().__init__()
        self.module = module
        self.method = method

    def forward(self, **inputs: torch.Tensor) -> object:
        return getattr(self.module, self.method)(**inputs)


def in_precision(model: BuiltModule, bits: int) -> BuiltModule:
    """Convert a model, in place, as it is loaded for inference in bfloat16 (16 bits) or float32 (32).

    Parameters that the libraries keep in float32 stay so; so do buffers, which checkpoints do not have.

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
