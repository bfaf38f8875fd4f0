"""The slices of a run that figures show: the stages, and the modules of the transformer."""

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from wanmeter.cost import StageCost
from wanmeter.layers import OperatorKind
from wanmeter.report import Report, Row

SELF_ATTENTION_CORE = "self_attn core"
"""The slice that grows with the square of the tokens, in the control blocks too."""

IN_ATTENTION: Mapping[OperatorKind | None, str] = {
    OperatorKind.ATTENTION: "core",
    OperatorKind.GEMM: "projections",
    OperatorKind.NORMALIZATION: "norms",
}
"""What the operators of attention are called, by kind; others keep their own names."""

BETWEEN = (OperatorKind.NORMALIZATION, OperatorKind.ELEMENTWISE)
"""The kinds of operators between a block's modules."""

DEPTH = 2
"""Depth of a block's modules: `transformer/blocks/ffn`."""

MODULES = ("self_attn", "cross_attn", "ffn")
"""The modules of a block that a backend supplies, of whatever kind."""


@frozen
class Slice:
    """A named slice of a run, its stage and its cost."""

    name: str
    stage: str
    cost: StageCost


def stages(report: Report) -> tuple[Slice, ...]:
    """The stages, in execution order."""
    return tuple(Slice(row.path, row.path, row.cost) for row in report.stages)


def transformer_modules(report: Report) -> tuple[Slice, ...]:
    """The slices of the transformer: its blocks' modules, with attention split up, and the rest.

    Every operator is in exactly one slice, whatever layers a backend supplies. Control blocks count
    with the others, and two experts together. Slices are in execution order.
    """
    transformers = report.running("transformer")
    operators = [row for row in report if row.kind and row.stage in transformers]
    attends = {_module(row) for row in operators if row.kind is OperatorKind.ATTENTION}
    costs: dict[str, StageCost] = {}
    for row in operators:
        name = _slice_of(row, attends)
        costs[name] = costs.get(name, StageCost()) + row.cost
    return tuple(Slice(name, "transformer", cost) for name, cost in costs.items())


def aligned(every: Sequence[tuple[Slice, ...]]) -> tuple[tuple[Slice, ...], ...]:
    """Give each backend the same slices in the same order; slices that it lacks cost 0."""
    named = {part.name: part for parts in reversed(every) for part in parts}
    order = dict.fromkeys(part.name for parts in every for part in parts)
    own = ({part.name: part for part in parts} for parts in every)
    return tuple(
        tuple(parts.get(name) or evolve(named[name], cost=StageCost()) for name in order)
        for parts in own
    )


def _module(row: Row) -> str:
    """The block's module that contains a row; empty outside of blocks."""
    _, stack, module, *_ = (*row.path.split("/"), "", "")
    return module if stack.endswith("blocks") else ""


def _slice_of(row: Row, attends: set[str]) -> str:
    module = _module(row)
    if not module:
        return "outside the blocks"
    if row.depth == DEPTH or module not in attends:
        own = row.kind in BETWEEN and module not in MODULES
        return "norms, modulation, residuals" if own else module
    word = IN_ATTENTION.get(row.kind)
    return f"{module} {word}" if word else "/".join(row.path.split("/")[DEPTH:])
