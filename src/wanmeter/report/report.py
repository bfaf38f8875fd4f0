"""`Report`: what a run costs, module by module, and what it was asked of."""

from collections.abc import Iterator

from attrs import field, frozen
from attrs.validators import optional

from wanmeter.cost import StageCost
from wanmeter.errors import UnknownNameError
from wanmeter.layers import Layer, OperatorKind, walk
from wanmeter.report.caption import caption
from wanmeter.report.components import Components
from wanmeter.validation import (
    instance_of,
    non_negative_int,
    positive_int,
    require_bool,
    require_instance,
    text,
)
from wanmeter.version import __version__
from wanmeter.wan.run import Run
from wanmeter.wan.specs import ModelSpec
from wanmeter.wan.workload import Workload


@frozen(kw_only=True)
class Row:
    """One module of a report.

    `path` is slash-separated, the stage first. `cost` covers all its `copies` and all its `calls`. A parent's cost is the sum of its children's;
    its `activation_bytes` is the maximum of `activation_bytes + held_bytes` over them. `kind` is the
    class of an operator, `None` for a module that is made of others.
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


@frozen(kw_only=True)
class Report:
    """The cost of a run: `total`, and `modules` in execution order, parents before their children."""

    model: ModelSpec
    components: Components
    workload: Workload
    provenance: Provenance
    total: StageCost
    modules: tuple[Row, ...]

    @classmethod
    def of(cls, run: Run) -> "Report":
        """Evaluate a run."""
        require_instance("run", run, Run)
        pipeline = run.pipeline()
        stages = [child.name for child in pipeline.children]
        return cls(
            model=run.model,
            components=Components.of(run, stages),
            workload=run.workload,
            provenance=Provenance(layer_impl=run.layer_impl.name, version=__version__),
            total=pipeline.cost,
            modules=rows(pipeline),
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> "Report":
        """The report that `to_json` wrote.

        What this version and a packaged backend computed is computed again, and must be the same. Of other
        versions and backends only what a report says of itself can be checked.

        Raises:
            DocumentError: the text is not a whole report of this version's schema and conventions; or a
                parent in it is not what its children give; or it is not what its run gives.
        """
        from wanmeter.report.reading import parse_report

        return parse_report(text, where="report")

    @property
    def stages(self) -> tuple[Row, ...]:
        """The stages that were costed."""
        return tuple(row for row in self.modules if row.depth == 0)

    @property
    def caption(self) -> str:
        """What was costed, in one line; the backend is not in it."""
        stages = [stage.path for stage in self.stages]
        return caption(self.model, self.workload, self.components, stages)

    @property
    def peaks(self) -> Iterator[tuple[Row, int]]:
        """Each module, and its peak activation with all that the modules around it keep alive."""
        held = {"": 0}
        for row in self.modules:
            held[row.path] = held[row.parent] + row.held_bytes
            yield row, row.cost.activation_bytes + held[row.path]

    def children(self, path: str = "") -> tuple[Row, ...]:
        """The parts that a module is directly made of; of the run, its stages."""
        return tuple(row for row in self.modules if row.parent == path)

    def __getitem__(self, path: str) -> Row:
        """The module of that path: `report["transformer/blocks/self_attn"]`.

        Raises:
            UnknownNameError: no module stands there.
        """
        for row in self.modules:
            if type(path) is str and row.path == path:
                return row
        raise UnknownNameError("module", path, tuple(row.path for row in self.modules))

    def __iter__(self) -> Iterator[Row]:
        """The modules, in execution order."""
        return iter(self.modules)

    def __contains__(self, path: object) -> bool:
        """Whether a module stands at that path."""
        return any(row.path == path for row in self.modules)

    def to_json(self, *, provenance: bool = True) -> str:
        """The report as JSON text; without `provenance` it is the same for every backend."""
        require_bool("provenance", provenance)
        from wanmeter.report.json_text import to_json  # cattrs is slow to import

        return to_json(self, provenance=provenance)

    def to_csv(self) -> str:
        """The modules as CSV text, one a line, under a header of comments."""
        from wanmeter.report.csv_text import to_csv

        return to_csv(self)


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
