"""What is chosen about an execution: profile, placement and parallelism, as their configuration has them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal, get_args

from attrs import field, fields, frozen
from attrs.validators import optional

from wanmeter.errors import InvalidValueError
from wanmeter.execution.tape import Workspace
from wanmeter.validators import boolean, bounded_int, non_negative_int, one_of, text

Attention = Literal["fa2", "fa3", "fa3_fp8", "fa4", "sage", "sage2", "sage2pp", "sdpa"]
RmsNorm = Literal["fused", "composite"]
QUANTIZED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "fp8": (1, 1),
        "q8_0": (32, 34),
        "q6_k": (256, 210),
        "q5_k": (256, 176),
        "q4_k": (256, 144),
    }
)
"""Types in which the matrices of a transformer's blocks can be stored: elements, and bytes that they take.

Source: ggml-org/ggml src/ggml-common.h, block_q8_0 to block_q4_K; PyTorch's float8_e4m3fn.
"""

DEGREES = ("ulysses_degree", "ring_degree", "cfg_degree")
"""The options of which the number of GPUs is the product."""

OffloadType = Literal["block_level", "leaf_level"]


@frozen(kw_only=True)
class ProfileOptions:
    """An implementation, and its switches.

    `rms_norm` is PyTorch's fused kernel or its decomposition. `tf32` says whether float32 matrix multiplies
    run in TF32. `attention` is the attention kernel; `None` means what the code picks. These two decide how
    long kernels take, and change no memory here: bytes are those of FlashAttention 2. `conv_workspace` is
    what a convolution allocates while it runs: nothing, a copy of its input, of its input and its output,
    or the columns of a lowered product; `None` means that it is not known.
    """

    SECTION: ClassVar[str] = "profile"

    name: str = field(validator=text)
    rms_norm: RmsNorm = field(default="fused", validator=one_of(get_args(RmsNorm)))
    tf32: bool = field(default=False, validator=boolean)
    attention: Attention | None = field(
        default=None, validator=optional(one_of(get_args(Attention)))
    )
    conv_workspace: Workspace | None = field(
        default=None, validator=optional(one_of(get_args(Workspace)))
    )


@frozen(kw_only=True)
class PlacementOptions:
    """Where weights are while they are not used. `None` means as the named placement has it.

    `offload_model` moves each component to the host when its phase is over; `t5_cpu` runs the text encoder
    on the host. `offload_type` moves the parts of transformers and of the text encoder to the device one
    group at a time, as they run: `block_level`, in groups of `num_blocks_per_group` blocks, or `leaf_level`;
    with `use_stream` the next group comes while one runs. `blocks_to_swap` blocks of each transformer wait on
    the host, and come one ahead.

    `quantized` is the type in which the matrices of the transformers' blocks are stored; each is converted
    to the profile's type as it is used. `None` means that type itself.

    The VAE decodes tiles of `tile_sample_min_height` x `tile_sample_min_width` pixels, one every
    `tile_sample_stride_height` and `tile_sample_stride_width`; `None` means the whole frame at once.

    Source: diffusers models/modeling_utils.py, enable_group_offload; hooks/group_offloading.py;
    models/autoencoders/autoencoder_kl_wan.py, enable_tiling.
    """

    SECTION: ClassVar[str] = "placement"

    name: str = field(validator=text)
    offload_model: bool | None = field(default=None, validator=optional(boolean))
    t5_cpu: bool | None = field(default=None, validator=optional(boolean))
    offload_type: OffloadType | None = field(
        default=None, validator=optional(one_of(get_args(OffloadType)))
    )
    num_blocks_per_group: int = field(default=1, validator=bounded_int)
    use_stream: bool = field(default=False, validator=boolean)
    blocks_to_swap: int = field(default=0, validator=non_negative_int)
    quantized: str | None = field(default=None, validator=optional(one_of(QUANTIZED)))
    tile_sample_min_height: int | None = field(default=None, validator=optional(bounded_int))
    tile_sample_min_width: int | None = field(default=None, validator=optional(bounded_int))
    tile_sample_stride_height: int | None = field(default=None, validator=optional(bounded_int))
    tile_sample_stride_width: int | None = field(default=None, validator=optional(bounded_int))

    def __attrs_post_init__(self) -> None:
        """Refuse options that another one leaves without effect."""
        if self.offload_type is None:
            if self.use_stream:
                allowed = "false without offload_type"
                raise InvalidValueError("placement.use_stream", self.use_stream, allowed)
        elif self.blocks_to_swap:
            allowed = f"0 with offload_type={self.offload_type}"
            raise InvalidValueError("placement.blocks_to_swap", self.blocks_to_swap, allowed)
        grouped = self.offload_type == "block_level" and not self.use_stream
        if self.num_blocks_per_group != 1 and not grouped:
            key = "placement.num_blocks_per_group"
            allowed = "1, but for offload_type=block_level without use_stream"
            raise InvalidValueError(key, self.num_blocks_per_group, allowed)

    @property
    def tiles(self) -> dict[str, int] | None:
        """The tiles of the VAE, with the library's own size where it is left open; `None` without tiles.

        Source: diffusers models/autoencoders/autoencoder_kl_wan.py, AutoencoderKLWan.__init__.
        """
        given = {
            key: getattr(self, f"tile_sample_{key}")
            for key in ("min_height", "min_width", "stride_height", "stride_width")
        }
        if not any(given.values()):
            return None
        own = {"min_height": 256, "min_width": 256, "stride_height": 192, "stride_width": 192}
        return {key: value or own[key] for key, value in given.items()}

    @property
    def switches(self) -> tuple[str, ...]:
        """The options that are set, besides what `offload_model` and `t5_cpu` say."""
        shared = ("name", "offload_model", "t5_cpu")
        return tuple(
            each.name
            for each in fields(type(self))
            if each.name not in shared and getattr(self, each.name) != each.default
        )


@frozen(kw_only=True)
class ParallelOptions:
    """How many GPUs share the work, and how. `None` means as the placement has it.

    Sequence parallelism over `ulysses_degree x ring_degree` GPUs, guidance over `cfg_degree`; the number of
    GPUs is their product. With `fsdp` they share the weights.
    """

    SECTION: ClassVar[str] = "parallel"

    ulysses_degree: int | None = field(default=None, validator=optional(bounded_int))
    ring_degree: int | None = field(default=None, validator=optional(bounded_int))
    cfg_degree: int | None = field(default=None, validator=optional(bounded_int))
    fsdp: bool | None = field(default=None, validator=optional(boolean))

    @property
    def gpus(self) -> int:
        """The number of GPUs."""
        return (self.ulysses_degree or 1) * (self.ring_degree or 1) * (self.cfg_degree or 1)
