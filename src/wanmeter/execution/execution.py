"""`Execution`: what one forward pass of a component does, as a profile runs it."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple, get_args

from attrs import frozen

from wanmeter.arithmetic import peak
from wanmeter.execution.dtype import DType
from wanmeter.execution.kernel_options import GPU_KERNELS, KernelOptions
from wanmeter.execution.part import Part
from wanmeter.execution.tape import Kernel, Moment, Tape, Workspace
from wanmeter.layers import Layer, OperatorKind, Visit, walk
from wanmeter.layers.interning import Interned

Program = Callable[[Part], object]
"""One forward pass of a component. It returns its outputs."""


class Stored(NamedTuple):
    """The weights of a row without parts: its path below the component, its copies, the bytes of each.

    `matrix` is the number of elements of a linear layer's weight, 0 in other rows.
    """

    path: str
    copies: int
    bytes: int
    matrix: int


@frozen(kw_only=True)
class Execution:
    """One forward pass: its kernels in order, and the live bytes while each runs.

    Live bytes are those that the pass creates; `input_bytes`, which the caller keeps, come on top.
    `stored` has the bytes of the weights of each row without parts, as the program stores them.
    """

    kernels: tuple[Kernel, ...]
    moments: tuple[Moment, ...]
    input_bytes: int
    stored: tuple[Stored, ...]

    @classmethod
    def of(
        cls,
        program: Program,
        path: str,
        layer: Layer,
        stored: DType,
        options: KernelOptions = GPU_KERNELS,
    ) -> "Execution":
        """Run a program on a layer, whose weights are stored in one type."""
        tape = Tape()
        outputs = program(Part(tape, path, layer, stored, options=options))
        del outputs
        used = tape.stored_bytes
        return cls(
            kernels=tuple(tape.kernels),
            moments=tuple(tape.moments),
            input_bytes=tape.input_bytes,
            stored=tuple(
                [
                    Stored(
                        row.path,
                        row.copies,
                        used.get(f"{path}/{row.path}", row.layer.cost.params * stored.bytes),
                        _matrix(row),
                    )
                    for row in walk(layer)
                    if row.kind
                ]
            ),
        )

    @cached_property
    def peaks(self) -> Mapping[Workspace, int]:
        """The most bytes that are live at once, for each workspace of convolutions."""
        return {
            workspace: peak(*[moment.with_workspace(workspace) for moment in self.moments])
            for workspace in get_args(Workspace)
        }

    @cached_property
    def moment(self) -> Moment:
        """The first moment with the most live bytes, without workspace."""
        return max(self.moments, key=lambda each: each.live_bytes)


_executed = Interned(64)
"""Executions of recent layers: runs that differ only in steps share them."""


def executed(
    program: Program,
    path: str,
    layer: Layer,
    stored: DType,
    options: KernelOptions = GPU_KERNELS,
) -> Execution:
    """The execution of a layer, perhaps one that was run before."""
    return _executed(
        Execution.of, program=program, path=path, layer=layer, stored=stored, options=options
    )


def _matrix(row: Visit) -> int:
    operator = row.invocations[0].operator
    return operator.weights[0].elements if row.kind is OperatorKind.GEMM else 0
