"""`Wan22Spec`: a Wan2.2 model, by the dimensions of its transformers and its schedule."""

from typing import ClassVar, Literal

from attrs import field, frozen
from attrs.validators import optional

from wanmeter.models.components.specs import VaeSpec
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.validators import (
    as_float,
    bounded_int,
    even,
    fraction,
    one_of,
    positive_number,
    splits_evenly,
    text,
)

VAE_5B = VaeSpec(dim=160, decoder_dim=256, z_dim=48, patch_size=2, residual=True)
"""Source: Wan2.2 wan/modules/vae2_2.py, Wan2_2_VAE and WanVAE_. A14B has Wan2.1's."""

Wan22Task = Literal["t2v", "i2v", "ti2v"]


@frozen(kw_only=True)
class Wan22Spec:
    """One variant: its task, the dimensions of each transformer, and its schedule.

    `task` is text to video, image to video, or either (`ti2v`). With a `boundary` there are two experts of
    equal dimensions: the first predicts the steps whose time is at least `boundary`, from 1 (noise) to 0,
    the second the others. `sample_shift` shifts the times of the steps towards noise.

    Source: Wan2.2 wan/configs, wan/modules/model.py.
    """

    SECTION: ClassVar[str] = "model"

    name: str = field(validator=text)
    task: Wan22Task = field(validator=one_of(["t2v", "i2v", "ti2v"]))
    dim: int = field(validator=bounded_int)
    ffn_dim: int = field(validator=bounded_int)
    num_heads: int = field(validator=[bounded_int, splits_evenly("dim")])
    num_layers: int = field(validator=bounded_int)
    in_dim: int = field(default=16, validator=bounded_int)
    out_dim: int = field(default=16, validator=bounded_int)
    freq_dim: int = field(default=256, validator=[bounded_int, even])
    text_dim: int = field(default=4096, validator=bounded_int)
    boundary: float | None = field(default=None, validator=optional(fraction))
    sample_shift: float = field(converter=as_float, validator=positive_number)
    num_inference_steps: int = field(validator=bounded_int)

    @property
    def transformer(self) -> ModelSpec:
        """One transformer, as Wan2.1's, which attends to no image."""
        return ModelSpec(
            name=self.name,
            dim=self.dim,
            ffn_dim=self.ffn_dim,
            num_heads=self.num_heads,
            num_layers=self.num_layers,
            in_dim=self.in_dim,
            out_dim=self.out_dim,
            freq_dim=self.freq_dim,
            text_dim=self.text_dim,
        )
