"""The ideal profile: the mathematics alone, each operator one kernel, as the report counts it."""

from collections.abc import Iterable

from wanmeter.execution.dtype import DType
from wanmeter.execution.part import Part
from wanmeter.execution.tape import Attended, Grid, Kernel, Moment, Product, Tape
from wanmeter.layers import AttentionShape, Layer, MatmulShape
from wanmeter.layers.operator import Tensor
from wanmeter.layers.shapes import Shape


def ideal(part: Part) -> None:
    """One call of a layer. Inputs count as live bytes while an operator reads them, as in the report."""
    _run(part.tape, part.layer, part.path, held_bytes=0, copies=1)


def _run(tape: Tape, layer: Layer, path: str, held_bytes: int, copies: int) -> None:
    for child in layer.children:
        _run(
            tape,
            child.layer,
            f"{path}/{child.name}",
            held_bytes + child.held_bytes,
            copies * child.copies,
        )
    if layer.children:
        return
    for operator, calls in layer.invocations:
        if not calls:
            continue  # only loaded
        weights = operator.weights if operator.weights_read is None else operator.weights_read
        tape.kernels.append(
            Kernel(
                path,
                operator.kind,
                _types(operator.inputs + weights),
                _types(operator.outputs + operator.kv_cache),
                copies * calls,
                copies * calls * operator.flops,
                copies * calls * operator.cost.bytes_read,
                copies * calls * operator.cost.bytes_written,
                _grid(operator.shape),
            )
        )
        live = held_bytes + operator.activation_bytes
        tape.moments.append(Moment(path, operator.kind, live))


def _types(tensors: Iterable[Tensor]) -> tuple[DType, ...]:
    return tuple([DType(0, f"{each.bits}-bit", each.bits // 8) for each in tensors])


def _grid(shape: Shape | None) -> Grid | None:
    if isinstance(shape, MatmulShape):
        return Product(1, shape.m, shape.n)
    if isinstance(shape, AttentionShape):
        return Attended(shape.batch_size * shape.num_heads, shape.queries, shape.head_dim)
    return None
