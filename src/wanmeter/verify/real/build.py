"""Real models from their descriptions, on the meta device: shapes without numbers."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import torch
from attrs import evolve, frozen
from transformers import PreTrainedModel

from wanmeter.models.reference import RealModule, Recipe

DTYPES = {16: torch.bfloat16, 32: torch.float32}
"""The types that a model runs in, by the bits of an element."""


@frozen
class BuiltModule:
    """The real model of a stage; `inputs(num_frames)` are those of one forward pass, by name."""

    module: torch.nn.Module
    inputs: Callable[[int], Mapping[str, torch.Tensor]]
    prefix: str = ""
    """What stands before the model's own names in those of `module`."""
    blocks: tuple[str, ...] = ()
    """Lists of blocks that go by together, by their own names."""


def make(recipe: Recipe, **parts: object) -> Any:
    """An object of a library; a pipeline is made of `parts`.

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
    """A model as described, its parameters in float32."""
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
    """A method of a module as a forward pass, which the counter can follow."""

    def __init__(self, module: torch.nn.Module, method: str) -> None:
        super().__init__()
        self.module = module
        self.method = method

    def forward(self, **inputs: torch.Tensor) -> object:
        return getattr(self.module, self.method)(**inputs)


def in_precision(model: BuiltModule, bits: int) -> BuiltModule:
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
