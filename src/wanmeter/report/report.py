"""`Report`: what a run costs, module by module, and what it was asked of."""

from collections.abc import Iterator

from attrs import AttrsInstance, frozen

from wanmeter.cost import StageCost
from wanmeter.errors import UnknownNameError
from wanmeter.layers import walk
from wanmeter.version import __version__
from wanmeter.wan.run import Run
from wanmeter.wan.specs import ModelSpec
from wanmeter.wan.workload import Workload


@frozen(kw_only=True)
class Row:
    """One module of a report.

    `cost` covers all its `copies` and all its `calls`. A parent's cost is the sum of its children's;
    its `activation_bytes` is the maximum of `activation_bytes + held_bytes` over them. `kind` is the
    class of an operator, `None` for a module that is made of others.
    """

    path: str
    copies: int
    calls: int
    kind: str | None
    held_bytes: int
    cost: StageCost

    @property
    def depth(self) -> int:
        """How far below the stages the module stands; 0 for a stage."""
        return self.path.count("/")

    @property
    def stage(self) -> str:
        """The stage that the module is part of, or is."""
        return self.path.partition("/")[0]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@frozen(kw_only=True)
class Provenance:
    """Who computed a report. Nothing else in it depends on this."""

    layer_impl: str
    version: str


@frozen(kw_only=True)
class Report:
    """The cost of a run: `total`, and `modules` in execution order, parents before their children."""

    run: Run
    total: StageCost
    modules: tuple[Row, ...]

    @classmethod
    def of(cls, run: Run) -> "Report":
        """Evaluate a run."""
        pipeline = run.pipeline()
        return cls(
            run=run,
            total=pipeline.cost,
            modules=tuple(
                Row(
                    path=visit.path,
                    copies=visit.copies,
                    calls=visit.calls,
                    kind=visit.kind,
                    held_bytes=visit.held_bytes,
                    cost=visit.cost,
                )
                for visit in walk(pipeline)
            ),
        )

    @property
    def model(self) -> ModelSpec:
        """The model that was costed."""
        return self.run.model

    @property
    def workload(self) -> Workload:
        """What was asked of it."""
        return self.run.workload

    @property
    def provenance(self) -> Provenance:
        """Who computed the report."""
        return Provenance(layer_impl=self.run.layer_impl.name, version=__version__)

    @property
    def stages(self) -> tuple[Row, ...]:
        """The stages that were costed."""
        return tuple(row for row in self.modules if row.depth == 0)

    @property
    def components(self) -> dict[str, AttrsInstance]:
        """How each component that the cost depends on was read."""
        run, stages = self.run, {row.path for row in self.stages}
        # The transformer attends to the image encoder's tokens.
        sees_images = run.model.num_images > 0 and "transformer" in stages
        specs: dict[str, tuple[AttrsInstance, bool]] = {
            "text_encoder": (run.text_encoder, "text_encoder" in stages),
            "image_encoder": (run.image_encoder, "image_encoder" in stages or sees_images),
            "transformer": (run.transformer, "transformer" in stages),
            "vae": (run.vae, bool(stages & {"vae_encode", "vae_decode"})),
        }
        return {name: spec for name, (spec, matters) in specs.items() if matters}

    def __getitem__(self, path: str) -> Row:
        """The module of that path: `report["transformer/blocks/self_attn"]`.

        Raises:
            UnknownNameError: no module stands there.
        """
        for row in self.modules:
            if row.path == path:
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
        from wanmeter.report.json_text import to_json  # cattrs is slow to import

        return to_json(self, provenance=provenance)

    def to_csv(self) -> str:
        """The modules as CSV text, one a line, under a header of comments."""
        from wanmeter.report.csv_text import to_csv

        return to_csv(self)
