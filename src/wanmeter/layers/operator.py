"""The I/O convention and the activation rule, stated once for every leaf."""

from collections.abc import Sequence

from wanmeter.arithmetic import tensor_bytes
from wanmeter.cost import StageCost
from wanmeter.errors import InvalidValueError


def operator_cost(
    *,
    flops: int = 0,
    vector_flops: int = 0,
    inputs: Sequence[int] = (),
    outputs: Sequence[int] = (),
    weights: Sequence[int] = (),
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
        InvalidValueError: there are weights, and nobody says of what size.
    """
    if weights and weight_bits is None:
        allowed = "the bits of a stored parameter: there are weights"
        raise InvalidValueError("operator_cost.weight_bits", weight_bits, allowed)
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
