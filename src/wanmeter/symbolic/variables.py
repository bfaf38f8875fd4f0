"""The variables of printed formulas: what they mean, how they are written, and what they follow from."""

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import Any

from attrs import frozen

from wanmeter.models import AnyModel, Geometry, LatentGrid, Workload
from wanmeter.symbolic.regimes import SYMBOLS


@frozen(kw_only=True)
class FormulaVariable:
    """A variable of printed formulas.

    `letter` is its name in LaTeX. `meaning` says what it is, in words and other variables; `given` is the
    same as a Python expression in fields of the workload and the model and in other variables. `value` is
    its value in a workload with a latent grid; a dimension of the model has none.
    """

    letter: str
    meaning: Callable[[Geometry], str]
    given: Callable[[Geometry], str]
    value: Callable[[Workload, LatentGrid], int] | None = None


def _field(letter: str, name: str, meaning: str, field: str) -> FormulaVariable:
    """A variable that is a symbol of closed forms too, and a field of the workload."""
    return FormulaVariable(
        letter=letter,
        meaning=lambda _: meaning,
        given=lambda _: field,
        value=SYMBOLS[name].value,
    )


def _dimension(letter: str, meaning: str, given: str) -> FormulaVariable:
    return FormulaVariable(letter=letter, meaning=lambda _: meaning, given=lambda _: given)


def _side(letter: str, side: str, axis: int) -> FormulaVariable:
    """The rows or columns of a latent frame."""
    return FormulaVariable(
        letter=letter,
        meaning=lambda geometry: f"{side} / {geometry.vae_stride[axis]}",
        given=lambda geometry: f"{side} // {geometry.vae_stride[axis]}",
        value=lambda _, grid: grid.size[axis],
    )


VARIABLES: Mapping[str, FormulaVariable] = MappingProxyType(
    {
        "batch": _field("B", "batch", "videos", "batch_size"),
        "latent_frames": FormulaVariable(
            letter="F",
            meaning=lambda geometry: f"(num_frames - 1) / {geometry.vae_stride[0]} + 1",
            given=lambda geometry: f"(num_frames - 1) // {geometry.vae_stride[0]} + 1",
            value=SYMBOLS["latent_frames"].value,
        ),
        "latent_height": _side("H", "height", 1),
        "latent_width": _side("W", "width", 2),
        "tokens": FormulaVariable(
            letter="N",
            meaning=lambda geometry: (
                "of the video: latent_frames latent_height latent_width"
                f" / {prod(geometry.patch_size)}"
            ),
            given=lambda geometry: (
                f"latent_frames * latent_height * latent_width // {prod(geometry.patch_size)}"
            ),
            value=lambda _, grid: grid.tokens,
        ),
        "text_tokens": _field("M", "text_tokens", "text_len", "text_len"),
        "steps": _field("T", "steps", "num_inference_steps", "num_inference_steps"),
        "reference_images": _field(
            "R", "reference_images", "num_reference_images", "num_reference_images"
        ),
        "high_noise_steps": _field(
            "T_{1}", "high_noise_steps", "steps of the first expert", "high_noise_steps"
        ),
        "low_noise_steps": _field(
            "T_{2}",
            "low_noise_steps",
            "steps of the second expert",
            "num_inference_steps - high_noise_steps",
        ),
        "passes_per_step": _field(
            "g", "passes_per_step", "2 with guidance, 1 without", "2 if guidance else 1"
        ),
        "num_layers": _dimension("L", "transformer blocks", "num_layers"),
        "dim": _dimension("d", "channels of a token", "dim"),
        "ffn_dim": _dimension("f", "channels inside an MLP", "ffn_dim"),
        "num_heads": _dimension("h", "attention heads", "num_heads"),
        "head_dim": _dimension("e", "channels of a head: dim / num_heads", "dim // num_heads"),
    }
)
"""The variables of printed formulas, by name."""


def meanings(geometry: Geometry) -> dict[str, str]:
    """What each variable of a printed formula means, in words."""
    return {name: each.meaning(geometry) for name, each in VARIABLES.items()}


def variables(workload: Workload, geometry: Geometry) -> dict[str, int]:
    """The values of a printed formula's variables in a workload."""
    grid = geometry.grid(workload)
    return {
        name: each.value(workload, grid)
        for name, each in VARIABLES.items()
        if each.value is not None
    }


def dimensions(model: AnyModel) -> dict[str, int]:
    """The values of those variables that are dimensions of a model's transformers."""
    fields: dict[str, Any] = {name: getattr(model, name) for name in DIMENSIONS}
    return fields | {"head_dim": model.dim // model.num_heads}


DIMENSIONS = ("num_layers", "dim", "ffn_dim", "num_heads")
"""Fields of a model that are variables where dimensions are symbols."""
