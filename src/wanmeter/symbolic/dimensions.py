"""The dimensions of a run's transformers as symbols, beside those of the workload."""

from typing import Any

from attrs import evolve

from wanmeter.backends.registry import BUILT_IN
from wanmeter.errors import InvalidValueError
from wanmeter.models import Run
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.expression import Expression
from wanmeter.symbolic.polynomial import Symbol


def check(run: Run) -> None:
    """Refuse a run in which other dimensions than those of transformers matter.

    Raises:
        InvalidValueError: it has other stages, or layers of a third party, which nobody compared with
            numbers at other dimensions.
    """
    stages = run.family.stages_of(run.model, run.workload)
    transformers = [name for name in stages if run.component(name) == "transformer"]
    chosen = run.stages or tuple(stages)
    if not set(chosen) <= set(transformers):
        allowed = f"[{', '.join(transformers)}] where dimensions are symbols"
        raise InvalidValueError("stages", list(chosen), allowed)
    if run.layer_impl not in BUILT_IN:
        allowed = f"{' or '.join(each.name for each in BUILT_IN)} where dimensions are symbols"
        raise InvalidValueError("transformer.layer_impl", run.layer_impl.name, allowed)


def in_symbols(run: Run, algebra: Algebra) -> Run:
    """The run with symbols for its transformers' dimensions.

    `dim` is 2 num_heads head_pairs: rotary embedding turns the elements of a head in pairs. Numbers of
    channels and the widths of what other components give stay numbers.
    """

    def symbol(name: str, least: int = 1) -> Any:
        return Expression.of(algebra, Symbol(name, least))

    heads = symbol("num_heads")
    # Some models have a list of layers with control blocks; the list is of this model.
    layers = 1 + max(getattr(run.model, "vace_layers", ()), default=0)
    dimensions: dict[str, Any] = {
        "dim": 2 * heads * symbol("head_pairs"),
        "num_heads": heads,
        "ffn_dim": symbol("ffn_dim"),
        "num_layers": symbol("num_layers", layers),
    }
    return evolve(run, model=evolve(run.model, **dimensions))
