"""What the bars stand for: the stages, and the modules of the transformer."""

from collections.abc import Iterator

from attrs import frozen

from wanmeter.cost import StageCost
from wanmeter.layers import OperatorKind
from wanmeter.report import Report, Row

BLOCKS = "transformer/blocks"


@frozen
class Part:
    """A named piece of a run and its cost; `stage` is the one that it is part of, or is."""

    name: str
    stage: str
    cost: StageCost


def stages(report: Report) -> tuple[Part, ...]:
    """The stages, in execution order."""
    return tuple(Part(row.path, row.path, row.cost) for row in report.stages)


def transformer_modules(report: Report) -> tuple[Part, ...]:
    """What the transformer is made of: its blocks' modules, attention by what it does, and all else.

    Every operator of the transformer is in exactly one part; the order is that of execution.
    """
    costs: dict[str, StageCost] = {}
    for name, cost in _operators(report):
        costs[name] = costs.get(name, StageCost()) + cost
    return tuple(Part(name, "transformer", cost) for name, cost in costs.items())


def self_attention_cores(report: Report) -> StageCost:
    """The part of the transformer that grows with the square of the tokens."""
    cores = (
        row.cost
        for row in report
        if row.stage == "transformer"
        and row.kind is OperatorKind.ATTENTION
        and "self_attn" in row.path.split("/")
    )
    return sum(cores, StageCost())


def _operators(report: Report) -> Iterator[tuple[str, StageCost]]:
    """Each operator of the transformer, under the name of the part that it goes to."""
    attends = {row.parent for row in report if row.kind is OperatorKind.ATTENTION}
    for row in report:
        if row.stage == "transformer" and row.kind is not None:
            yield _part_of(row, attends), row.cost


def _part_of(row: Row, attends: set[str]) -> str:
    if not row.path.startswith(f"{BLOCKS}/"):
        control = row.path.startswith("transformer/vace_")
        return "control blocks" if control else "embeddings, head"
    module, _, operator = row.path.removeprefix(f"{BLOCKS}/").partition("/")
    if not operator:
        return "norms, modulation, residuals"
    if f"{BLOCKS}/{module}" not in attends:
        return module
    if row.kind is OperatorKind.ATTENTION:
        return f"{module}: core"
    return f"{module}: q, k, v, o" if row.kind is OperatorKind.GEMM else f"{module}: norms, rope"
