"""Traces an eager run of a real model, operator by operator, through PyTorch's dispatcher.

Tensors are on the meta device, or fake ones on a GPU: nothing is computed or allocated, but storages live
as long as on a GPU. Tensors on the CPU are left out, and so are operators that take and make no others.
"""

import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from wanmeter.verify.real.gpu import AsOnGpu
from wanmeter.verify.real.trace_records import (
    LiveTensor,
    Trace,
    TracedMoment,
    TracedOperator,
    Traffic,
)

ALLOCATIONS = frozenset(
    {"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided"}
)
"""Operators that allocate and touch nothing."""

OVERWRITES = frozenset({"copy_", "fill_", "normal_", "uniform_", "zero_"})
"""Operators that write their first argument without reading it."""

COLLECTIVES = frozenset({"_allgather_base_", "allgather_", "alltoall_", "alltoall_base_"})
"""Operators that write their first argument from their second, which their schema does not say."""

LOOKUPS = frozenset({"embedding", "index", "index_select", "gather"})
"""Operators that read only the looked-up part of their first argument."""

UNKNOWN = frozenset({"as_strided_", "index_put_", "resize_", "scatter_", "set_"})
"""Unsupported operators, which change part of a tensor or its storage. No model here uses them."""


def trace(
    module: torch.nn.Module,
    inputs: Mapping[str, object],
    *,
    rows: Mapping[str, str],
    root: str,
    bits: int,
) -> Trace:
    """Trace one forward pass of `module` on `inputs`.

    Args:
        module: a module on the meta device, or of fake tensors.
        inputs: the arguments of its forward pass; the caller keeps their tensors alive.
        rows: the report's row of each submodule, by the submodule's name. Submodules that are not named
            count for their parent.
        root: the row of the module itself.
        bits: bits per element of the model.
    """
    tracer = _Tracer(module, rows, root, bits)
    for tensor in _tensors(inputs):
        tracer.allocated(tensor, "input")
    input_bytes = tracer.live_bytes
    with torch.no_grad(), tracer, AsOnGpu(tracer.moved):
        output = module(**inputs)
    del output
    return Trace(
        traffic=dict(tracer.traffic),
        peak_bytes=tracer.peak_bytes,
        live_at_peak=tracer.live_at_peak,
        input_bytes=input_bytes,
        peaks=dict(tracer.peaks),
        moment=tracer.moment,
        rows=frozenset(tracer.entered),
    )


class _Tracer(TorchDispatchMode):  # type: ignore[misc,unused-ignore]  # torch may be absent
    """Follows modules by their forward hooks, operators by the dispatcher, storages by weak references."""

    def __init__(
        self, module: torch.nn.Module, rows: Mapping[str, str], root: str, bits: int
    ) -> None:
        super().__init__()
        self.rows = {
            id(submodule): rows[name] for name, submodule in module.named_modules() if name in rows
        }
        self.stack = [root]
        self.entered = {root}
        self.bits = bits
        self.traffic: dict[TracedOperator, Traffic] = {}
        self.weights = {
            _key(tensor.untyped_storage()) for tensor in (*module.parameters(), *module.buffers())
        }
        self.live: dict[int, LiveTensor] = {}
        self.live_bytes = self.peak_bytes = 0
        self.live_at_peak: tuple[LiveTensor, ...] = ()
        self.peaks: dict[str, int] = {}
        self.moment = TracedMoment(root, "input")
        self.last_at_peak = 0
        self.hooks = ExitStack()

    def __enter__(self) -> "_Tracer":
        self.hooks.callback(register_module_forward_pre_hook(self._enter_module).remove)
        self.hooks.callback(register_module_forward_hook(self._leave_module).remove)
        super().__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.hooks.close()

    def _enter_module(self, module: torch.nn.Module, _: object) -> None:
        row = self.rows.get(id(module), self.stack[-1])
        self.stack.append(row)
        self.entered.add(row)

    def _leave_module(self, *_: object) -> None:
        self.stack.pop()

    def __torch_dispatch__(
        self,
        func: Any,
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        given = list(_tensors((args, kwargs)))
        theirs = {_key(tensor.untyped_storage()) for tensor in given}
        new = [t for t in _tensors(result) if _key(t.untyped_storage()) not in theirs]
        name = str(func.overloadpacket).rpartition(".")[2]
        changed = list(_changed(func._schema, args, kwargs or {}))
        if name in COLLECTIVES:
            changed = list(_tensors(args[:1]))
        if name in UNKNOWN:
            raise NotImplementedError(f"{name}: its traffic is not known")
        for tensor in new:
            self.allocated(tensor, name)
        if name not in ALLOCATIONS and (new or changed):  # the rest are views
            whole = name in OVERWRITES | COLLECTIVES or "out" in (kwargs or {})
            overwritten = changed if whole else []
            reads = [t for t in given if not any(t is other for other in overwritten)]
            if name.endswith("_like") or name.startswith("new_"):
                reads = []  # they read only the shape
            elif name in LOOKUPS:
                reads = [new[0], *given[1:]]
            self.moved(name, reads=_distinct(reads), writes=[*new, *changed])
        return result

    def moved(self, name: str, *, reads: list[torch.Tensor], writes: list[torch.Tensor]) -> None:
        """Record what an operator reads and writes."""
        operator = TracedOperator(
            self.stack[-1], name, tuple(map(_type, reads)), tuple(map(_type, writes))
        )
        traffic = Traffic(
            calls=1,
            bytes_read=sum(map(_bytes, reads)),
            bytes_written=sum(map(_bytes, writes)),
            wide_bytes=sum(self._wide_bytes(t, _bytes(t)) for t in (*reads, *writes)),
        )
        self.traffic[operator] = self.traffic.get(operator, Traffic()) + traffic
        self._measure(name)
        written = {_key(tensor.untyped_storage()) for tensor in writes}
        if self.moment.operator in ALLOCATIONS and self.last_at_peak in written:
            self.moment = TracedMoment(operator.row, name)  # it fills what was allocated for it

    def allocated(self, tensor: torch.Tensor, name: str) -> None:
        """Record a storage as live until it is freed."""
        storage = tensor.untyped_storage()
        key = _key(storage)
        if key in self.live or key in self.weights:
            return
        size = storage.nbytes()
        self.live[key] = LiveTensor(
            row=self.stack[-1],
            operator=name,
            dtype=_type(tensor),
            shape=tuple(tensor.shape),
            bytes=size,
            wide_bytes=self._wide_bytes(tensor, size),
        )
        weakref.finalize(storage, self._freed, key)
        self.live_bytes += size
        self._measure(name)

    def _measure(self, name: str) -> None:
        row = self.stack[-1]
        self.peaks[row] = max(self.live_bytes, self.peaks.get(row, 0))
        if self.live_bytes > self.peak_bytes:
            self.peak_bytes = self.live_bytes
            self.live_at_peak = tuple(self.live.values())
            self.moment = TracedMoment(row, name)
            self.last_at_peak = next(reversed(self.live))

    def _freed(self, key: int) -> None:
        self.live_bytes -= self.live.pop(key).bytes

    def _wide_bytes(self, tensor: torch.Tensor, size: int) -> int:
        if not tensor.is_floating_point():
            return 0  # indices and masks are no wider than in the model
        return size - size * self.bits // (8 * int(tensor.itemsize))


def _tensors(tree: object) -> Iterator[torch.Tensor]:
    """The tensors that are not on the CPU."""
    leaves = (leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor))
    return (tensor for tensor in leaves if tensor.device.type != "cpu")


def _changed(
    schema: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[torch.Tensor]:
    """The arguments that an operator writes."""
    for i, declared in enumerate(schema.arguments):
        if declared.alias_info is not None and declared.alias_info.is_write:
            yield from _tensors(args[i] if i < len(args) else kwargs.get(declared.name))


def _distinct(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """Drop duplicates of a tensor that an operator takes more than once."""
    seen = {
        (_key(t.untyped_storage()), t.storage_offset(), tuple(t.shape), t.stride()): t
        for t in tensors
    }
    return list(seen.values())


def _key(storage: torch.UntypedStorage) -> int:
    return int(storage._cdata)


def _type(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _bytes(tensor: torch.Tensor) -> int:
    """Bytes of a tensor's distinct elements; broadcast ones count once."""
    elements = 1
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        elements *= size if stride else min(size, 1)
    return elements * int(tensor.itemsize)
