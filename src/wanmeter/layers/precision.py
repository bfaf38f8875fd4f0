"""`Precision`: the element sizes of activations and of stored weights."""

from attrs import field, frozen

from wanmeter.validators import instance_of, positive_int


@frozen(kw_only=True, cache_hash=True)
class Precision:
    """Element sizes in bits: `bits` per activation, `weight_bits` per stored parameter.

    Raises:
        InvalidValueError: a size is not a positive int.
    """

    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)


BITS_16 = Precision()
"""16-bit activations and weights, the default of all layers."""

is_precision = instance_of(Precision)
"""Refuse anything but a `Precision`."""
