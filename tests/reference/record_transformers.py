"""Traces the official transformers that `record_execution` leaves out, on fake CUDA tensors.

    python -m tests.reference.record_transformers CHECKOUT...

The checkouts are of Wan2.1, Wan2.2, and the packages xfuser and yunchang, as in `record_execution`.
Wan2.1's for images and for control, and Wan2.2's, on one GPU and on several.
"""

import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import MethodType, ModuleType

import torch
import torch.distributed as dist
from torch.testing._internal.distributed.fake_pg import FakeStore

from tests.reference import record_execution as recording
from tests.reference.record_execution import fake, on_gpu
from tests.reference.record_official import _commit, _module, to_text

RECORD = Path(__file__).with_name("official_transformers.json")

TOY, WIDE, NARROW = recording.TOY, recording.WIDE, recording.NARROW
GRIDS = ((3, 6, 10), (2, 10, 6), (2, 14, 22), (5, 18, 26), (7, 34, 30), (1, 4, 6), (9, 60, 104))
A14B = {"dim": 5120, "ffn_dim": 13824, "num_heads": 40, "num_layers": 2}
TI2V_5B = {"dim": 3072, "ffn_dim": 14336, "num_heads": 24, "num_layers": 2}
FULL = {
    "i2v": (A14B, (21, 90, 160)),
    "flf2v": (A14B, (21, 90, 160)),
    "vace": ({**A14B, "num_layers": 3}, (21, 60, 104)),
    "2_2 t2v": (A14B, (21, 90, 160)),
    "2_2 i2v": (A14B, (21, 60, 104)),
    "2_2 ti2v": (TI2V_5B, (31, 44, 80)),
}
"""Each kind of model at its full width, and latent frames, rows and columns."""
IN_DIM = {"i2v": 36, "flf2v": 36, "vace": 16, "2_2 t2v": 16, "2_2 i2v": 36, "2_2 ti2v": 48}
VACE_IN_DIM = 96
VACE_LAYERS = [0, 2]


def codes(wan2_1, wan2_2):
    """The official modules: of Wan2.1 its model and VACE's, of Wan2.2 its model."""
    first = recording._transformer_code(wan2_1)
    control = _module(wan2_1, "modules.vace_model", "official_wan")
    sys.modules["flash_attn"] = ModuleType("flash_attn")
    sys.modules["flash_attn"].flash_attn_varlen_func = recording.flash_attn_varlen_func
    package = ModuleType("official_wan2_2")
    package.__path__ = []
    sys.modules[package.__name__] = package
    _module(wan2_2, "modules.attention", package.__name__)
    del sys.modules["flash_attn"]
    return first, control, _module(wan2_2, "modules.model", package.__name__)


def rows_of(model):
    """The row of each module; VACE's blocks are one row, and so are the others."""
    rows = recording.transformer_rows(model)
    for name, _ in model.named_modules():
        if name.startswith("vace_blocks."):
            inner = ".".join(name.split(".")[2:])
            row = recording.BLOCK.get(inner, inner.replace(".", "/"))
            rows[name] = f"transformer/vace_blocks/{row}".rstrip("/")
            if inner == "before_proj":
                rows[name] = "transformer/vace_before_proj"
        elif name == "vace_patch_embedding":
            rows[name] = f"transformer/{name}"
    return rows


def transformer(code, kind, widths, grid, *, batch=1, bf16=False, n=1):
    """A model of a kind, the arguments of a call among `n` GPUs, and its rows."""
    first, control, second = code
    in_dim = IN_DIM[kind]
    out_dim = 48 if kind == "2_2 ti2v" else 16
    config = {"in_dim": in_dim, "out_dim": out_dim, **widths}
    config["model_type"] = kind.removeprefix("2_2 ").removeprefix("ti2v") or "ti2v"
    make = (second if kind.startswith("2_2") else first).WanModel
    if kind == "vace":
        config |= {"vace_layers": VACE_LAYERS, "vace_in_dim": VACE_IN_DIM}
        make = control.VaceWanModel
    with torch.device("meta"):
        model = make(**config)
    freqs = model.freqs
    del model.freqs
    if bf16:
        model.to(torch.bfloat16)
    model.register_buffer("freqs", freqs)
    frames, rows, columns = grid
    tokens = -(-frames * rows * columns // (4 * n)) * n
    inputs = {
        "x": [fake(out_dim, *grid, dtype=torch.float32) for _ in range(batch)],
        "t": fake(batch, dtype=torch.int64),
        "context": [fake(512, 4096, dtype=torch.bfloat16) for _ in range(batch)],
        "seq_len": tokens,
    }
    if kind == "2_2 ti2v":
        inputs["t"] = fake(batch, tokens, dtype=torch.float32)
    if in_dim > out_dim:
        inputs["y"] = [fake(in_dim - out_dim, *grid, dtype=torch.float32) for _ in range(batch)]
    if kind in ("i2v", "flf2v"):
        images = batch * (2 if kind == "flf2v" else 1)
        inputs["clip_fea"] = fake(images, 257, 1280, dtype=torch.float16)
    if kind == "vace":
        inputs["vace_context"] = [
            fake(VACE_IN_DIM, *grid, dtype=torch.float32) for _ in range(batch)
        ]
    return on_gpu(model), inputs, rows_of(model)


class SequenceParallel:
    """The official Wan2.2 code on the first of `n` GPUs."""

    def __init__(self, checkout, model_code):
        names = ("", ".modules", ".distributed")
        for name in names:
            sys.modules[f"divided_wan2_2{name}"] = ModuleType(f"divided_wan2_2{name}")
            sys.modules[f"divided_wan2_2{name}"].__path__ = []
        sys.modules["divided_wan2_2.modules.model"] = model_code
        sys.modules["divided_wan2_2.modules.attention"] = sys.modules["official_wan2_2.attention"]
        *_, self.code = [
            _module(checkout, f"distributed.{name}", "divided_wan2_2.distributed")
            for name in ("util", "ulysses", "sequence_parallel")
        ]

    @contextmanager
    def on(self, n, model):
        """Divide a model's sequence among `n` GPUs."""
        dist.init_process_group("fake", rank=0, world_size=n, store=FakeStore())
        for block in model.blocks:
            block.self_attn.forward = MethodType(self.code.sp_attn_forward, block.self_attn)
        model.forward = MethodType(self.code.sp_dit_forward, model)
        try:
            yield
        finally:
            dist.destroy_process_group()


class ControlSequenceParallel(recording.SequenceParallel):
    """The official Wan2.1 code on the first of `n` GPUs, for control too."""

    @contextmanager
    def on(self, n, model):
        """Divide a model's sequence among `n` GPUs, all of them for Ulysses."""
        with super().on(n, model):
            if hasattr(model, "vace_blocks"):
                model.forward_vace = MethodType(self.code.usp_dit_forward_vace, model)
                for block in model.vace_blocks:
                    block.self_attn.forward = MethodType(
                        self.code.usp_attn_forward, block.self_attn
                    )
            yield


HEADS = recording.HEADS
PARALLEL = (
    ("i2v", HEADS, (2, 10, 14), 4),
    ("flf2v", HEADS, (3, 6, 10), 2),
    ("vace", HEADS, (3, 6, 10), 2),
    ("vace", HEADS, (5, 18, 26), 8),
    ("2_2 t2v", HEADS, (3, 6, 10), 2),
    ("2_2 t2v", HEADS, (3, 6, 10), 8),
    ("2_2 i2v", HEADS, (5, 18, 26), 4),
    ("2_2 ti2v", HEADS, (3, 6, 10), 4),
    ("2_2 ti2v", HEADS, (5, 18, 26), 8),
    ("i2v", A14B, (21, 90, 160), 8),
    ("2_2 t2v", A14B, (21, 90, 160), 8),
    ("2_2 ti2v", TI2V_5B, (31, 44, 80), 8),
)
"""Kinds, widths and latents of models whose sequence is divided among GPUs, and how many."""


def cases():
    """Kinds, widths, grids, batch sizes, bits and GPUs: toys in many sizes, and each model's own width."""
    for kind, (widths, grid) in FULL.items():
        layers = {"num_layers": 3 if kind == "vace" else 2}
        grids = [small for small in GRIDS if kind != "flf2v" or small[0] > 1]
        for i, small in enumerate(grids):
            yield kind, {**(TOY, WIDE, NARROW)[i % 3], **layers}, small, 1, (32, 16)[i % 2], 1
        yield kind, {**TOY, **layers}, grids[0], 1, 16, 1
        if kind not in ("2_2 t2v", "2_2 i2v"):  # which take one sample
            yield kind, {**TOY, **layers}, grids[0], 2, 32, 1
        for bits in (32, 16):
            yield kind, widths, grid, 1, bits, 1
    for i, (kind, widths, grid, n) in enumerate(PARALLEL):
        layers = {"num_layers": 3 if kind == "vace" else 2}
        yield kind, {**widths, **layers}, grid, 1, (32, 16)[i % 2], n


def measure_all(wan2_1, wan2_2, xdit, yunchang):
    """What the official code does now."""
    code = codes(wan2_1, wan2_2)
    first = ControlSequenceParallel(wan2_1, xdit, yunchang)
    second = SequenceParallel(wan2_2, code[2])
    found = {}
    for kind, widths, grid, batch, bits, n in cases():
        case = {"kind": kind, "widths": widths, "grid": grid, "batch": batch, "bits": bits, "n": n}
        name = " ".join(map(str, (kind, *widths.values(), *grid, f"x{batch}", bits, f"n{n}")))
        run = transformer(code, kind, widths, grid, batch=batch, bf16=bits == 16, n=n)
        parallel = second if kind.startswith("2_2") else first
        with parallel.on(n, run[0]) if n > 1 else nullcontext():
            found[name] = {**case, **recording._record(*run)}
    commits = {"Wan2.1": wan2_1, "Wan2.2": wan2_2, "xDiT": xdit, "long-context-attention": yunchang}
    return {
        "commits": {name: _commit(checkout) for name, checkout in commits.items()},
        "torch": torch.__version__,
        "transformers": found,
    }


if __name__ == "__main__":
    RECORD.write_text(to_text(measure_all(*sys.argv[1:])))
