"""The I/O convention and the activation rule, stated once for every leaf."""

from collections.abc import Iterable

from wanmeter.arithmetic import tensor_bytes
from wanmeter.cost import StageCost
from wanmeter.errors import InvalidValueError
from wanmeter.validation import is_int


def operator_cost(
    *,
    flops: int = 0,
    vector_flops: int = 0,
    inputs: Iterable[int] = (),
    outputs: Iterable[int] = (),
    weights: Iterable[int] = (),
    bits: int,
    weight_bits: int | None = None,
) -> StageCost:
    """The cost of one operator from the element counts of its tensors.

    Args:
        flops: matrix-multiply, convolution or attention-core FLOPs.
        vector_flops: element-wise operations, by `VECTOR_OPS`.
        inputs: elements of each input tensor, `bits` bits each; read once, live while it runs.
        outputs: elements of each output tensor, `bits` bits each; written once, live while it runs.
        weights: elements of each parameter tensor, `weight_bits` bits each; read once.
        bits: size of an activation element, in bits.
        weight_bits: size of a stored parameter, in bits; needed where there are weights.

    Raises:
        InvalidValueError: a size that is none, or there are weights, and nobody says of what size.
    """
    weights = tuple(weights)
    if not is_int(bits) or bits < 1:
        raise InvalidValueError("operator_cost.bits", bits, "a positive integer")
    if weight_bits is None:
        if weights:
            allowed = "the bits of a stored parameter: there are weights"
            raise InvalidValueError("operator_cost.weight_bits", weight_bits, allowed)
    elif not is_int(weight_bits) or weight_bits < 1:
        raise InvalidValueError("operator_cost.weight_bits", weight_bits, "a positive integer")
    input_bytes = sum(tensor_bytes(elements, bits) for elements in inputs)
    output_bytes = sum(tensor_bytes(elements, bits) for elements in outputs)
    weight_bytes = sum(tensor_bytes(elements, weight_bits or 0) for elements in weights)
    return StageCost(
        flops=flops,
        vector_flops=vector_flops,
        bytes_read=input_bytes + weight_bytes,
        bytes_written=output_bytes,
        params=sum(weights),
        weight_bytes=weight_bytes,
        activation_bytes=input_bytes + output_bytes,
    )
