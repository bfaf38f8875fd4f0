"""The parts of a run that bars show: the stages, and the modules of the transformer."""

from collections.abc import Sequence

from attrs import evolve, frozen

from wanmeter.cost import StageCost
from wanmeter.layers import OperatorKind
from wanmeter.report import Report, Row

BLOCKS = "transformer/blocks"

BETWEEN = (OperatorKind.NORMALIZATION, OperatorKind.ELEMENTWISE)
"""The kinds of operators between those with FLOPs."""


@frozen
class Slice:
    """A named part of a run, its stage and its cost."""

    name: str
    stage: str
    cost: StageCost


def stages(report: Report) -> tuple[Slice, ...]:
    """The stages, in execution order."""
    return tuple(Slice(row.path, row.path, row.cost) for row in report.stages)


def transformer_modules(report: Report) -> tuple[Slice, ...]:
    """The parts of the transformer: its blocks' modules, with attention split up, and the rest.

    Every leaf is in exactly one part, whatever layers a backend supplies. Parts are in execution order.
    """
    leaves = _leaves(report)
    attends = {_module(row) for row in leaves if row.kind is OperatorKind.ATTENTION}
    costs: dict[str, StageCost] = {}
    for row in leaves:
        name = _part_of(row, attends)
        costs[name] = costs.get(name, StageCost()) + row.cost
    return tuple(Slice(name, "transformer", cost) for name, cost in costs.items())


def self_attention_cores(report: Report) -> StageCost:
    """The cost of the self-attention cores, which grows with the square of the tokens."""
    cores = (
        row.cost
        for row in _leaves(report)
        if row.kind is OperatorKind.ATTENTION and row.path.split("/")[2:3] == ["self_attn"]
    )
    return sum(cores, StageCost())


def aligned(every: Sequence[tuple[Slice, ...]]) -> tuple[tuple[Slice, ...], ...]:
    """Give each backend the same parts in the same order; parts that it lacks cost 0."""
    named = {part.name: part for parts in reversed(every) for part in parts}
    order = dict.fromkeys(part.name for parts in every for part in parts)
    own = ({part.name: part for part in parts} for parts in every)
    return tuple(
        tuple(parts.get(name) or evolve(named[name], cost=StageCost()) for name in order)
        for parts in own
    )


def _leaves(report: Report) -> list[Row]:
    """The transformer's rows without children; together they are all of it."""
    parents = {row.parent for row in report}
    return [row for row in report if row.stage == "transformer" and row.path not in parents]


def _module(row: Row) -> str:
    """The block's module that contains a row; empty outside of blocks."""
    return row.path.removeprefix(f"{BLOCKS}/").partition("/")[0] if _in_blocks(row) else ""


def _in_blocks(row: Row) -> bool:
    return row.path.startswith(f"{BLOCKS}/")


def _part_of(row: Row, attends: set[str]) -> str:
    if not _in_blocks(row):
        control = row.path.startswith("transformer/vace_")
        return "control blocks" if control else "embeddings, head"
    module = _module(row)
    if row.parent == BLOCKS:
        return "norms, modulation, residuals" if row.kind in BETWEEN else module
    if module not in attends:
        return module
    if row.kind is OperatorKind.ATTENTION:
        return f"{module}: core"
    if row.kind is OperatorKind.GEMM:
        return f"{module}: q, k, v, o"
    return f"{module}: norms, rope" if row.kind in BETWEEN else f"{module}: others"
