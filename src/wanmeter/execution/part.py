"""`Part`: a layer of a run's tree, for a program to run as a module; `module` marks its programs."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from wanmeter.errors import UnknownNameError
from wanmeter.execution.array import Array
from wanmeter.execution.dtype import DType
from wanmeter.execution.kernel_options import GPU_KERNELS, KernelOptions
from wanmeter.execution.tape import Tape
from wanmeter.layers import AttentionShape, Child, ConvolutionShape, Layer, MatmulShape, Operator
from wanmeter.layers.decorators import Decorator

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Part:
    """A layer, its path in the tree, the tape that records it, the type of its weights, and its kernels.

    A program takes sizes and FLOPs from the operators of the tree, whichever backend made them.
    `part["self_attn"]` is the part of that name. With `samples`, a layer that is bound to a batch is
    called once for each of its samples.
    """

    def __init__(
        self,
        tape: Tape,
        path: str,
        layer: Layer,
        stored: DType,
        samples: int = 1,
        options: KernelOptions = GPU_KERNELS,
    ) -> None:
        """Bind a layer."""
        self.tape, self.path, self.layer = tape, path, layer
        self.stored, self.samples, self.options = stored, samples, options

    def __getitem__(self, name: str) -> "Part":
        return self._of(name, self._child(name).layer)

    def __contains__(self, name: str) -> bool:
        return name in self._children

    def named(self, prefix: str) -> list["Part"]:
        """The parts whose names begin so, in order."""
        return [self[name] for name in self._children if name.startswith(prefix)]

    def copies(self, name: str) -> int:
        """The number of equal parts of this name."""
        return self._child(name).copies

    def variants(self, name: str) -> list[tuple["Part", int]]:
        """The variants of a part, which run in turn, and the number of calls of each."""
        layer = self._child(name).layer
        repeated = layer.repeated if isinstance(layer, Decorator) else [(layer, 1)]
        return [(self._of(name, each), times) for each, times in repeated]

    def by_sample(self, samples: int) -> "Part":
        """The same layer, called once for each sample."""
        return Part(self.tape, self.path, self.layer, self.stored, samples, self.options)

    def stored_in(self, dtype: DType) -> "Part":
        """The same layer with weights in another type."""
        return Part(self.tape, self.path, self.layer, dtype, self.samples, self.options)

    @property
    def operator(self) -> Operator:
        """The operator of one call, if the layer has no parts."""
        return self.layer.invocations[0].operator

    @property
    def flops(self) -> int:
        """The FLOPs of one call."""
        return self.operator.flops // self.samples

    @property
    def matmul(self) -> MatmulShape:
        """The shape of a linear layer."""
        return cast(MatmulShape, self.operator.shape)

    @property
    def attention(self) -> AttentionShape:
        """The shape of an attention core."""
        return cast(AttentionShape, self.operator.shape)

    @property
    def convolution(self) -> ConvolutionShape:
        """The shape of a convolution."""
        return cast(ConvolutionShape, self.operator.shape)

    def weights(self, dtype: DType | None = None) -> list[Array]:
        """The stored parameters of a layer without parts; `dtype` if they are kept in another type."""
        kept = dtype or self.stored
        arrays = [Array(self.tape, kept, 1, each.elements) for each in self.operator.weights]
        self.tape.stored_bytes[self.path] = sum([each.bytes for each in arrays])
        return arrays

    def given(self, dtype: DType, rows: int, width: int) -> Array:
        """An input: the caller keeps it, so it is not live on the tape."""
        self.tape.input_bytes = self.tape.input_bytes + rows * width * dtype.bytes
        return Array(self.tape, dtype, rows, width)

    @cached_property
    def _children(self) -> dict[str, Child]:
        return {child.name: child for child in self.layer.children}

    def _child(self, name: str) -> Child:
        if name not in self._children:
            raise UnknownNameError(f"part of {self.path}", name, tuple(self._children))
        return self._children[name]

    def _of(self, name: str, layer: Layer) -> "Part":
        path = f"{self.path}/{name}"
        return Part(self.tape, path, layer, self.stored, self.samples, self.options)


def module(
    program: Callable[Concatenate[Part, _P], _R],
) -> Callable[Concatenate[Part, _P], _R]:
    """Run a program as a module's forward pass: its kernels are recorded there, and its arguments kept.

    PyTorch's `Module.__call__` keeps the arguments until the forward pass returns.
    """

    @wraps(program)
    def call(part: Part, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        tape = part.tape
        outer, tape.path = tape.path, part.path
        try:
            return program(part, *args, **kwargs)
        finally:
            tape.path = outer

    return cast(Callable[Concatenate[Part, _P], _R], call)
