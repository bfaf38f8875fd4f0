"""Traces the official Wan2.1 code on fake CUDA tensors: what it allocates, reads and writes.

    python -m tests.reference.record_execution WAN2_1_CHECKOUT XDIT_CHECKOUT LONG_CONTEXT_ATTENTION_CHECKOUT

The last two are the packages xfuser and yunchang, for sequence parallelism. Needs the extra `verify`, and
einops, but no GPU. Autocast is PyTorch's own, with the operators that it adds. Since CPython 3.11, the
caller of a Python function does not keep its arguments alive: earlier versions free some tensors later.
"""

import math
import platform
import sys
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from types import MethodType, ModuleType, SimpleNamespace
from unittest.mock import patch

import torch
import torch.distributed as dist
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.testing._internal.distributed.fake_pg import FakeStore
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from tests.reference.record_official import _commit, _module, to_text
from wanmeter.verify.real import trace as tracing

RECORD = Path(__file__).with_name("official_execution.json")
CUDA = torch.device("cuda", 0)
FAKE = FakeTensorMode()
aten = torch.ops.aten


def fake(*shape, dtype):
    """A tensor on a GPU that does not exist."""
    return FakeTensor(FAKE, torch.empty(*shape, dtype=dtype, device="meta"), CUDA)


def on_gpu(module):
    """Move a module's parameters and buffers from the meta device to the GPU."""
    for part in module.modules():
        for name, parameter in part._parameters.items():
            if parameter is not None:
                there = fake(*parameter.shape, dtype=parameter.dtype)
                part._parameters[name] = nn.Parameter(there, requires_grad=False)
        for name, buffer in part._buffers.items():
            part._buffers[name] = fake(*buffer.shape, dtype=buffer.dtype)
    return module.eval()


class FromHost(TorchDispatchMode):
    """Makes what an operator copies from the CPU, or creates, a fake tensor on the GPU."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run operators that name the GPU as fake ones."""
        kwargs = kwargs or {}
        if getattr(kwargs.get("device"), "type", "") != "cuda":
            return func(*args, **kwargs)
        args = tree_map_only(
            torch.Tensor, lambda t: t if isinstance(t, FakeTensor) else FAKE.from_tensor(t), args
        )
        with FAKE:
            return func(*args, **kwargs)


class Bindings(TorchFunctionMode):
    """Dispatches the operators of Python bindings that would first set up the GPU."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Replace such a binding by the operators that it dispatches."""
        kwargs = kwargs or {}
        if func is torch.Tensor.__getitem__ and args[0].device.type == "cuda":
            return _item(*args)
        if func is torch.Tensor.to:
            return _to(*args, **kwargs)
        if func is torch.Tensor.type and len(args) == 2:
            return _to(*args)
        if func is torch.Tensor.new_zeros:
            size = args[1] if len(args) == 2 else args[1:]
            return aten.new_zeros(args[0], size)
        if func is torch.Tensor.contiguous:
            return aten.contiguous(*args)
        if func in (torch.empty, torch.ones) and kwargs.get("device") == CUDA:
            size = args[0] if isinstance(args[0], (list, tuple)) else args
            return getattr(aten, func.__name__)(size, **kwargs)
        return func(*args, **kwargs)


def _item(tensor, index):
    """Basic indexing: what a tensor's `[]` dispatches for integers, slices, None and Ellipsis."""
    index = index if isinstance(index, tuple) else (index,)
    if any(part is Ellipsis for part in index):
        at = index.index(Ellipsis)
        taken = sum(part is not None for part in index) - 1
        index = index[:at] + (slice(None),) * (tensor.dim() - taken) + index[at + 1 :]
    axis = 0
    for part in index:
        if part is None:
            tensor = aten.unsqueeze(tensor, axis)
            axis += 1
        elif isinstance(part, slice):
            bounds = [None if b is None else int(b) for b in (part.start, part.stop)]
            if part != slice(None):
                tensor = aten.slice(tensor, axis, *bounds, part.step or 1)
            axis += 1
        else:
            tensor = aten.select(tensor, axis, int(part))
    return tensor


def _to(tensor, *args, non_blocking=False, device=None, dtype=None, **rest):
    for each in args:
        if isinstance(each, torch.Tensor):
            device, dtype = each.device, each.dtype
        elif isinstance(each, torch.dtype):
            dtype = each
        elif not isinstance(each, bool):
            device = each
    if rest:
        raise NotImplementedError(f"to: {sorted(rest)}")
    device = tensor.device if device is None else torch.device(device)
    dtype = dtype or tensor.dtype
    if (device, dtype) == (tensor.device, tensor.dtype):
        return tensor
    return aten._to_copy(tensor, dtype=dtype, device=device, non_blocking=non_blocking)


@contextmanager
def gpu(dtype):
    """Run as on a GPU, under autocast to `dtype`, without gradients."""
    available = torch.cuda.amp.common.amp_definitely_not_available
    torch.cuda.amp.common.amp_definitely_not_available = lambda: False
    supported, torch.cuda.is_bf16_supported = torch.cuda.is_bf16_supported, lambda: True
    try:
        with torch.no_grad(), FromHost(), Bindings(), torch.autocast("cuda", dtype=dtype):
            yield
    finally:
        torch.cuda.amp.common.amp_definitely_not_available = available
        torch.cuda.is_bf16_supported = supported


@torch.library.custom_op("official::_flash_attention_forward", mutates_args=())
def _flash(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    raise NotImplementedError


@_flash.register_fake
def _(q, k, v):
    *batch, tokens, heads, _ = q.shape
    return torch.empty_like(q), q.new_empty(*batch, heads, tokens, dtype=torch.float32)


def _flash_attn_forward(q, k, v, **_):
    """Allocate what the package flash_attn does.

    Source: flash-attention csrc/flash_attn/flash_api.cpp, mha_fwd and mha_varlen_fwd. Approximation: mha_fwd
    does not split the keys, which it does to fill the GPU when there are few rows.
    """
    assert q.shape[-1] % 8 == 0  # others would be padded
    rng_state = aten.empty([2], dtype=torch.int64, device=q.device)
    return *_flash(q, k, v), None, rng_state


def flash_attn_varlen_func(q, k, v, **_):
    """Attention without the package's other results, which live until it returns."""
    return _flash_attn_forward(q, k, v)[0]


def _transformer_code(checkout):
    """The official model and attention, with a stand-in for the package flash_attn."""
    sys.modules["flash_attn"] = ModuleType("flash_attn")
    sys.modules["flash_attn"].flash_attn_varlen_func = flash_attn_varlen_func
    package = ModuleType("official_wan")
    package.__path__ = []
    sys.modules[package.__name__] = package
    _module(checkout, "modules.attention", package.__name__)
    del sys.modules["flash_attn"]  # other packages look for it too
    return _module(checkout, "modules.model", package.__name__)


ROWS = {
    "patch_embedding": "patch_embedding",
    "text_embedding": "text_embedding",
    "text_embedding.0": "text_embedding/up_proj",
    "text_embedding.1": "text_embedding/act",
    "text_embedding.2": "text_embedding/down_proj",
    "time_embedding": "time_embedding/mlp",
    "time_embedding.0": "time_embedding/mlp/up_proj",
    "time_embedding.1": "time_embedding/mlp/act",
    "time_embedding.2": "time_embedding/mlp/down_proj",
    "time_projection": "time_projection",
    "time_projection.0": "time_projection/act",
    "time_projection.1": "time_projection/linear",
    "img_emb": "img_emb",
    "img_emb.proj": "img_emb",
    "img_emb.proj.0": "img_emb/norm1",
    "img_emb.proj.1": "img_emb/mlp/up_proj",
    "img_emb.proj.2": "img_emb/mlp/act",
    "img_emb.proj.3": "img_emb/mlp/down_proj",
    "img_emb.proj.4": "img_emb/norm2",
    "head": "head",
    "head.norm": "head/norm",
    "head.head": "head/head",
}
BLOCK = {
    "ffn.0": "ffn/up_proj",
    "ffn.1": "ffn/act",
    "ffn.2": "ffn/down_proj",
}


def transformer_rows(model):
    """The row of each module of a transformer; all blocks are one row."""
    rows = {"": "transformer"}
    for name, _ in model.named_modules():
        if name.startswith("blocks."):
            inner = ".".join(name.split(".")[2:])
            row = BLOCK.get(inner, inner.replace(".", "/"))
            rows[name] = f"transformer/blocks/{row}".rstrip("/")
        elif name in ROWS:
            rows[name] = f"transformer/{ROWS[name]}"
    return rows


def transformer(code, config, grid, *, batch=1, text=512, seq_len=None, bf16=False):
    """A model, and the arguments of a call on latents of `grid` frames, rows and columns."""
    with torch.device("meta"):
        model = code.WanModel(**config)
    freqs = model.freqs
    del model.freqs
    if bf16:
        model.to(torch.bfloat16)
    model.register_buffer("freqs", freqs)
    frames, rows, columns = grid
    inputs = {
        "x": [fake(16, *grid, dtype=torch.float32) for _ in range(batch)],
        "t": fake(batch, dtype=torch.int64),
        "context": [fake(text, 4096, dtype=torch.bfloat16) for _ in range(batch)],
        "seq_len": seq_len or frames * rows * columns // 4,
    }
    if config["model_type"] == "i2v":
        inputs["clip_fea"] = fake(batch, 257, 1280, dtype=torch.bfloat16)
        inputs["y"] = [fake(20, *grid, dtype=torch.float32) for _ in range(batch)]
    return on_gpu(model), inputs


class Decoding(nn.Module):
    """The official `WanVAE.decode`, as a module."""

    def __init__(self, code):
        super().__init__()
        self.decode, self.dtype = code.WanVAE.decode, torch.float32
        with torch.device("meta"):
            self.model = code.WanVAE_(
                dim=96, z_dim=16, temperal_downsample=[False, True, True]
            ).requires_grad_(False)
            self.register_buffer("mean", torch.empty(16))
            self.register_buffer("inverse_std", torch.empty(16))
        self.scale = []

    def forward(self, zs):
        """Decode latents; the mean and the deviations are on the GPU throughout."""
        self.scale = [self.mean, self.inverse_std]
        return self.decode(self, zs)


RESIDUAL = {
    "residual.0": "norm1",
    "residual.1": "act1",
    "residual.2": "conv1",
    "residual.3": "norm2",
    "residual.4": "act2",
    "residual.6": "conv2",
    "shortcut": "shortcut",
}
UPSAMPLE = {"time_conv": "time_conv", "resample.0": "upsample", "resample.1": "conv"}
ATTENTION = {"norm": "norm", "to_qkv": "to_qkv", "proj": "proj"}


def vae_rows():
    """The row of each module of the VAE; a level's residual blocks after the first are one row."""
    rows = {"": "vae_decode", "model.conv2": "vae_decode/post_quant_conv"}
    decoder = "vae_decode/decoder"
    rows["model.decoder"] = decoder
    rows["model.decoder.conv1"] = f"{decoder}/conv_in"
    for i, name in enumerate(("norm_out", "act_out", "conv_out")):
        rows[f"model.decoder.head.{i}"] = f"{decoder}/{name}"
    blocks = [
        ("middle.0", "mid/resnet_0", RESIDUAL),
        ("middle.1", "mid/attention", ATTENTION),
        ("middle.2", "mid/resnet_1", RESIDUAL),
    ]
    for i in range(15):
        level, place = divmod(i, 4)
        name = ("resnet_0", "resnets", "resnets", "resample")[place]
        parts = UPSAMPLE if place == 3 else RESIDUAL
        blocks.append((f"upsamples.{i}", f"up_{level}/{name}", parts))
    for module, row, parts in blocks:
        rows[f"model.decoder.{module}"] = f"{decoder}/{row}"
        for part, name in parts.items():
            rows[f"model.decoder.{module}.{part}"] = f"{decoder}/{row}/{name}"
    return rows


class SequenceParallel:
    """The official code on the first of `n` GPUs, with the real xfuser and yunchang."""

    def __init__(self, checkout, xdit, yunchang):
        sys.path.append(yunchang)
        kernels = import_module("yunchang.kernels.attention")
        kernels.HAS_FLASH_ATTN, kernels._flash_attn_forward = True, _flash_attn_forward
        kernels.flash_attn = SimpleNamespace(__version__="2.8.3")
        # Stand-ins for the packages that import Triton; the modules used here are the real ones.
        for name in (
            "xfuser",
            "xfuser.core",
            "xfuser.core.cache_manager",
            "xfuser.core.distributed",
        ):
            sys.modules[name] = ModuleType(name)
            sys.modules[name].__path__ = [str(Path(xdit, *name.split(".")))]
        self.state = sys.modules["xfuser.core.distributed"]
        self.state.get_sequence_parallel_rank = self.state.get_ring_parallel_world_size = None
        self.state.get_sequence_parallel_world_size = self.state.get_sp_group = None
        self.groups = import_module("xfuser.core.distributed.group_coordinator")
        cache = "xfuser.core.cache_manager.cache_manager"
        sys.modules[cache] = SimpleNamespace(get_cache_manager=None)
        with patch("torch.cuda.is_available", lambda: True):
            import_module("xfuser.core.long_ctx_attention.ring")
        sys.modules["official_wan.modules.model"] = sys.modules["official_wan.model"]
        self.code = _module(
            checkout, "distributed.xdit_context_parallel", "official_wan.distributed"
        )

    @contextmanager
    def on(self, n, model):
        """Divide a model's sequence among `n` GPUs, all of them for Ulysses."""
        dist.init_process_group("fake", rank=0, world_size=n, store=FakeStore())
        groups = import_module("yunchang.globals").PROCESS_GROUP
        groups.ULYSSES_PG, groups.RING_PG = dist.group.WORLD, dist.new_group([0])
        group = object.__new__(self.groups.GroupCoordinator)
        group.world_size, group.device_group = n, dist.group.WORLD
        self.code.get_sequence_parallel_world_size = lambda: n
        self.code.get_sequence_parallel_rank = lambda: 0
        self.code.get_sp_group = lambda: group
        for block in model.blocks:
            block.self_attn.forward = MethodType(self.code.usp_attn_forward, block.self_attn)
        model.forward = MethodType(self.code.usp_dit_forward, model)
        try:
            yield
        finally:
            dist.destroy_process_group()


TOY = {"dim": 48, "ffn_dim": 80, "num_heads": 2, "num_layers": 2}
WIDE = {"dim": 80, "ffn_dim": 200, "num_heads": 2, "num_layers": 2}
NARROW = {"dim": 32, "ffn_dim": 72, "num_heads": 4, "num_layers": 2}
W14B = {"dim": 5120, "ffn_dim": 13824, "num_heads": 40, "num_layers": 2}
W1_3B = {"dim": 1536, "ffn_dim": 8960, "num_heads": 12, "num_layers": 2}
TRANSFORMERS = (
    ("t2v", TOY, (1, 2, 2), {}),
    ("t2v", TOY, (3, 6, 10), {}),
    ("t2v", TOY, (3, 6, 10), {"text": 77}),
    ("t2v", TOY, (3, 6, 10), {"batch": 2}),
    ("t2v", TOY, (2, 10, 6), {"seq_len": 32}),
    ("t2v", WIDE, (2, 14, 22), {}),
    ("t2v", NARROW, (5, 18, 26), {}),
    ("t2v", WIDE, (7, 34, 30), {}),
    ("t2v", TOY, (9, 60, 104), {}),
    ("t2v", W1_3B, (21, 60, 104), {}),
    ("t2v", W14B, (21, 90, 160), {}),
    ("i2v", TOY, (3, 6, 10), {}),
    ("i2v", WIDE, (5, 18, 26), {}),
)
"""The type of a model, its widths, the latent frames, rows and columns, and what differs from a plain call."""
HEADS = {"dim": 128, "ffn_dim": 200, "num_heads": 8, "num_layers": 2}
PARALLEL = (
    (2, "t2v", HEADS, (3, 6, 10)),
    (4, "t2v", HEADS, (3, 6, 10)),
    (8, "t2v", HEADS, (3, 6, 10)),
    (4, "t2v", HEADS, (5, 18, 26)),
    (4, "i2v", HEADS, (2, 10, 14)),
    (4, "t2v", W1_3B, (21, 60, 104)),
    (8, "t2v", W14B, (21, 90, 160)),
)
"""Number of GPUs, type, widths, and latents of models whose sequence is divided."""
LATENTS = (
    (1, 2, 3),
    (1, 8, 8),
    (2, 5, 7),
    (3, 5, 7),
    (3, 9, 4),
    (5, 6, 11),
    (7, 3, 3),
    (21, 3, 5),
    (21, 60, 104),
    (21, 90, 160),
)


def _record(module, inputs, rows):
    with gpu(torch.bfloat16):
        trace = tracing.trace(module, inputs, rows=rows, root=rows[""], bits=16)
    traffic = [
        [
            operator.row,
            operator.name,
            list(operator.reads),
            list(operator.writes),
            moved.calls,
            moved.bytes_read,
            moved.bytes_written,
        ]
        for operator, moved in trace.traffic.items()
    ]
    return {
        "input_bytes": trace.input_bytes,
        "peak_bytes": trace.peak_bytes,
        "moment": [trace.moment.row, trace.moment.operator],
        "peaks": dict(sorted(trace.peaks.items())),
        "traffic": sorted(traffic),
    }


def _measure(code, kind, widths, grid, *, n=1, parallel=None, **call):
    """A transformer with parameters of either width, by the names of the cases."""
    config = {"model_type": kind, "in_dim": 36 if kind == "i2v" else 16, **widths}
    name = " ".join(map(str, (kind, *widths.values(), *grid, *sum(call.items(), ()))))
    name += f" n {n}" if parallel else ""
    if parallel:
        call["seq_len"] = -(-math.prod(grid) // (4 * n)) * n
    found = {}
    for bits in (32, 16):
        model, inputs = transformer(code, config, grid, bf16=bits == 16, **call)
        with parallel.on(n, model) if parallel else nullcontext():
            found[f"{name} {bits}"] = {
                "config": config,
                "grid": grid,
                "batch": call.get("batch", 1),
                "text": call.get("text", 512),
                "seq_len": inputs["seq_len"],
                "bits": bits,
                "n": n,
                **_record(model, inputs, transformer_rows(model)),
            }
    return found


def measure_all(wan2_1, xdit, yunchang):
    """What the official code does now."""
    code = _transformer_code(wan2_1)
    parallel = SequenceParallel(wan2_1, xdit, yunchang)
    transformers, vae = {}, {}
    for kind, widths, grid, call in TRANSFORMERS:
        transformers |= _measure(code, kind, widths, grid, **call)
    for n, kind, widths, grid in PARALLEL:
        transformers |= _measure(code, kind, widths, grid, n=n, parallel=parallel)
    code = _module(wan2_1, "modules.vae", "official_wan")
    for grid in LATENTS:
        inputs = {"zs": [fake(16, *grid, dtype=torch.float32)]}
        vae[" ".join(map(str, grid))] = {
            "grid": grid,
            **_record(on_gpu(Decoding(code)), inputs, vae_rows()),
        }
    commits = {"Wan2.1": wan2_1, "xDiT": xdit, "long-context-attention": yunchang}
    return {
        "commits": {name: _commit(checkout) for name, checkout in commits.items()},
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers,
        "vae_decode": vae,
    }


if __name__ == "__main__":
    RECORD.write_text(to_text(measure_all(*sys.argv[1:])))
