"""The rows of a report, and what every artefact made of one needs of it."""

from typing import Protocol

from attrs import field, frozen
from attrs.validators import optional

from wanmeter.cost import StageCost
from wanmeter.layers import Layer, OperatorKind, walk
from wanmeter.models import ModelSpec, Workload
from wanmeter.report.components import Components
from wanmeter.validators import instance_of, non_negative_int, positive_int, text


@frozen(kw_only=True)
class Row:
    """One module of a report.

    `path` is slash-separated, the stage first. `cost` covers all its `copies` and all its `calls`. A
    parent's cost is the sum of its children's; its `activation_bytes` is the maximum of
    `activation_bytes + held_bytes` over them. `kind` is the class of an operator, `None` for a module
    that is made of others.
    """

    path: str = field(validator=text)
    copies: int = field(validator=positive_int)
    calls: int = field(validator=non_negative_int)
    kind: OperatorKind | None = field(validator=optional(instance_of(OperatorKind)))
    held_bytes: int = field(validator=non_negative_int)
    cost: StageCost = field(validator=instance_of(StageCost))

    @property
    def depth(self) -> int:
        """How far below the stages the module stands; 0 for a stage."""
        return self.path.count("/")

    @property
    def stage(self) -> str:
        """The stage that the module is part of, or is."""
        return self.path.partition("/")[0]

    @property
    def parent(self) -> str:
        """The path of the module that it is part of; empty for a stage."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@frozen(kw_only=True)
class Provenance:
    """Who computed a report. Nothing else in it depends on this."""

    layer_impl: str = field(validator=text)
    version: str = field(validator=text)


def rows(root: Layer) -> tuple[Row, ...]:
    """The modules below `root`, in execution order."""
    return tuple(
        Row(
            path=visit.path,
            copies=visit.copies,
            calls=visit.calls,
            kind=visit.kind,
            held_bytes=visit.held_bytes,
            cost=visit.cost,
        )
        for visit in walk(root)
    )


class Reported(Protocol):
    """What a report says: the fields of `Report`."""

    @property
    def model(self) -> ModelSpec:
        """The model."""

    @property
    def components(self) -> Components:
        """The parts of the pipeline that the costs depend on."""

    @property
    def workload(self) -> Workload:
        """What was asked of the model."""

    @property
    def provenance(self) -> Provenance:
        """Who computed it."""

    @property
    def total(self) -> StageCost:
        """The cost of the run."""

    @property
    def modules(self) -> tuple[Row, ...]:
        """Its modules, in execution order."""
