"""The types of a program's weights: what was given, or else its own."""

from collections.abc import Collection

from wanmeter.errors import InvalidValueError
from wanmeter.execution.dtype import BY_BITS, DType
from wanmeter.execution.plan import Plan


def stored_type(plan: Plan, component: str, own: int, runs_in: Collection[int]) -> DType:
    """The type of a component's stored weights, by default of `own` bits.

    `runs_in` are the bits of weights that the program runs in. It sets the bits of activations itself.

    Raises:
        InvalidValueError: the program does not run in the bits that were given.
    """
    spec = getattr(plan.run, component)
    name = plan.profile.name
    bits = own if spec.weight_bits is None else spec.weight_bits
    if bits not in runs_in:
        allowed = f"{' or '.join(map(str, sorted(runs_in)))} with profile={name}"
        raise InvalidValueError(f"{component}.weight_bits", bits, allowed)
    if spec.bits is not None:
        allowed = f"nothing: profile={name} decides the types of activations"
        raise InvalidValueError(f"{component}.bits", spec.bits, allowed)
    return BY_BITS[bits]
