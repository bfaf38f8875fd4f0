"""`ModelSpec`: a Wan2.1 model, by the dimensions of its transformer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from attrs import field, frozen

from wanmeter.errors import InvalidValueError
from wanmeter.validators import (
    as_tuple,
    bounded_int,
    even,
    one_of,
    splits_evenly,
    text,
    tuple_of_ints,
)

Task = Literal["t2v", "t2i", "i2v", "flf2v", "vace"]

IMAGES: Mapping[str, int] = MappingProxyType({"t2v": 0, "t2i": 0, "i2v": 1, "flf2v": 2, "vace": 0})
"""Images that the transformer attends to, by task."""


@frozen(kw_only=True)
class ModelSpec:
    """One variant: its task, the dimensions of its transformer, and its default number of steps.

    `task` is what the official code calls the model type: text to video (and to image), image to
    video, first and last frame to video, or VACE. `image_dim` is the width of the image features of
    i2v and flf2v. `vace_layers` are the blocks to which VACE's control blocks add hints; the control
    video has `vace_in_dim` channels.

    Source: Wan2.1 wan/configs, wan/modules/model.py and vace_model.py; defaults: generate.py.
    """

    SECTION: ClassVar[str] = "model"

    name: str = field(validator=text)
    task: Task = field(default="t2v", validator=one_of(IMAGES))
    dim: int = field(validator=bounded_int)
    ffn_dim: int = field(validator=bounded_int)
    num_heads: int = field(validator=[bounded_int, splits_evenly("dim")])
    num_layers: int = field(validator=bounded_int)
    in_dim: int = field(default=16, validator=bounded_int)
    out_dim: int = field(default=16, validator=bounded_int)
    freq_dim: int = field(default=256, validator=[bounded_int, even])
    text_dim: int = field(default=4096, validator=bounded_int)
    image_dim: int = field(default=1280, validator=bounded_int)
    vace_in_dim: int = field(default=96, validator=bounded_int)
    vace_layers: tuple[int, ...] = field(
        default=(), converter=as_tuple, validator=tuple_of_ints(0, "non-negative")
    )
    num_inference_steps: int = field(default=50, validator=bounded_int)

    def __attrs_post_init__(self) -> None:
        """Refuse control layers that do not exist, or that the task does not use."""
        layers, wanted = self.vace_layers, self.task == "vace"
        distinct = sorted(set(layers))
        if not wanted and layers:
            raise InvalidValueError("model.vace_layers", layers, f"() for task={self.task}")
        if wanted and (list(layers) != distinct or not layers or layers[0] != 0):
            raise InvalidValueError("model.vace_layers", layers, "ascending layers from 0 on")
        if layers and layers[-1] >= self.num_layers:
            allowed = f"layers below num_layers = {self.num_layers}"
            raise InvalidValueError("model.vace_layers", layers, allowed)

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.dim // self.num_heads

    @property
    def num_images(self) -> int:
        """Images that a run takes and the transformer attends to: 1 for i2v, 2 for flf2v, else 0."""
        return IMAGES[self.task]
