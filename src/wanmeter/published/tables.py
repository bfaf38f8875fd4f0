"""The two official tables of time and memory, cell by cell, as they are printed."""

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources

from attrs import field, frozen

from wanmeter.records import build
from wanmeter.validators import as_float, bounded_int, positive_number, text

FILE = "official_tables.json"


@frozen(kw_only=True)
class Cell:
    """A cell of a table: a run, and what was published about it.

    The width and the height are those of the column "Resolution": 480P is 832x480, 720P is 1280x720, and
    1280x704 for the 5B, which has no other. The number of frames is the default of generate.py, which the
    tables' footnotes leave as it is.

    `seconds` are those of `generate`, without loading the model. `gib` is what the tables print in "GB": no
    reading fits but GiB (2^30 bytes) of `torch.cuda.max_memory_allocated`, on the GPU with the most.
    """

    table: str = field(validator=text)
    source: str = field(validator=text)
    model: str = field(validator=text)
    task: str = field(validator=text)
    gpu: str = field(validator=text)
    n_gpus: int = field(validator=bounded_int)
    width: int = field(validator=bounded_int)
    height: int = field(validator=bounded_int)
    num_frames: int = field(validator=bounded_int)
    seconds: float = field(converter=as_float, validator=positive_number)
    gib: float = field(converter=as_float, validator=positive_number)

    @property
    def id(self) -> str:
        """The cell's name: `wan2_1_t2v_14b-t2v-1280x720-h20-8`."""
        card = min(self.gpu.lower().split("/"))
        return f"{self.model}-{self.task}-{self.width}x{self.height}-{card}-{self.n_gpus}"


@cache
def official_cells() -> tuple[Cell, ...]:
    """The 28 cells of Wan2.1's table and the 42 of Wan2.2's, in their order."""
    document = json.loads(resources.files("wanmeter.published").joinpath(FILE).read_text())
    return tuple(cell for table in document["tables"] for cell in _cells(**table))


def _cells(name: str, source: str, cells: Iterable[dict[str, object]]) -> Iterable[Cell]:
    return (build(Cell, {**cell, "table": name, "source": source}) for cell in cells)
