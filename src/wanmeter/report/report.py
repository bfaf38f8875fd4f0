"""`Report`: what a run costs, module by module, and as JSON and CSV."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from attrs import AttrsInstance, asdict, frozen

from wanmeter.conventions import CONVENTIONS, VECTOR_OPS
from wanmeter.cost import COUNTS, StageCost
from wanmeter.documents import as_json, parse_document, read_document
from wanmeter.errors import UnknownNameError
from wanmeter.models import COMPONENTS, AnyModel, Run, Workload
from wanmeter.models.registry import family_of
from wanmeter.naming import named
from wanmeter.notebook import html_table
from wanmeter.records import written
from wanmeter.report.caption import caption
from wanmeter.report.cells import COLUMNS, cells, total_cells
from wanmeter.report.components import Components
from wanmeter.report.reading import parts_of
from wanmeter.report.row import Provenance, Row, rows
from wanmeter.units import BYTES, FLOPS, readable
from wanmeter.validators import require_bool, require_instance
from wanmeter.version import __version__

SCHEMA = "wanmeter.report/1"
"""The name and version of the report's layout."""


@frozen(kw_only=True)
class Report:
    """The cost of a run: `total`, and `modules` in execution order, parents before their children."""

    model: AnyModel
    components: Components
    workload: Workload
    provenance: Provenance
    total: StageCost
    modules: tuple[Row, ...]

    @classmethod
    def of(cls, run: Run) -> "Report":
        """Evaluate a run."""
        require_instance("run", run, Run)
        run = named(run)
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
    def from_json(cls, text: str | bytes, *, where: str = "report") -> "Report":
        """Read a report written by `to_json`; errors name it `where`.

        Raises:
            DocumentError: the text is not a complete report of this version's schema and conventions, or
                a parent in it does not follow from its children.
        """
        return cls(**parts_of(parse_document(text, where, "report", SCHEMA)))

    @classmethod
    def from_file(cls, path: Path) -> "Report":
        """Read a report from a file. Errors are those of `from_json`."""
        return cls(**parts_of(read_document(path, "report", SCHEMA)))

    @property
    def stages(self) -> tuple[Row, ...]:
        """The stages that were costed."""
        return tuple(row for row in self.modules if row.depth == 0)

    def running(self, component: str) -> tuple[str, ...]:
        """The stages that run a component: of two experts, one for each; none if it does not run.

        Raises:
            UnknownNameError: there is no such component.
        """
        if component not in COMPONENTS:
            raise UnknownNameError("component", component, COMPONENTS)
        known = family_of(self.model).stages
        return tuple(row.path for row in self.stages if known[row.path].component == component)

    @property
    def caption(self) -> str:
        """What was costed, in one line, without the backend."""
        stages = [stage.path for stage in self.stages]
        return caption(self.model, self.workload, self.components, stages)

    @property
    def peaks(self) -> Iterator[tuple[Row, int]]:
        """Each module with its peak activation in bytes, including what the modules around it keep alive."""
        held = {"": 0}
        for row in self.modules:
            held[row.path] = held[row.parent] + row.held_bytes
            yield row, row.cost.activation_bytes + held[row.path]

    def children(self, path: str = "") -> tuple[Row, ...]:
        """The direct parts of a module, none of an operator; the stages if no path is given.

        Raises:
            UnknownNameError: the report has no such module.
        """
        parent = self[path].path if path != "" else path
        return tuple(row for row in self.modules if row.parent == parent)

    def __getitem__(self, path: str) -> Row:
        """The module at a path: `report["transformer/blocks/self_attn"]`.

        Raises:
            UnknownNameError: the report has no such module.
        """
        for row in self.modules:
            if type(path) is str and row.path == path:
                return row
        raise UnknownNameError("module", path, tuple(row.path for row in self.modules))

    def __iter__(self) -> Iterator[Row]:
        """The modules, in execution order."""
        return iter(self.modules)

    def __contains__(self, path: object) -> bool:
        """Whether there is a module at that path."""
        return any(row.path == path for row in self.modules)

    def __repr__(self) -> str:
        total = self.total
        told = [
            self.caption,
            readable(total.flops, FLOPS),
            f"{readable(total.weight_bytes, BYTES)} of weights",
            f"layer_impl={self.provenance.layer_impl}",
        ]
        return f"<Report of {'; '.join(told)}>"

    def _repr_html_(self) -> str:
        """The stages and the total, as notebooks show them."""
        flops = self.total.flops
        peaks = [(row, peak) for row, peak in self.peaks if not row.depth]
        # Stages have no copies.
        stages = [(row.name, *cells(row, flops, peak)[1:]) for row, peak in peaks]
        return html_table(
            f"{self.caption}; layer_impl={self.provenance.layer_impl}",
            ("stage", *COLUMNS[1:]),
            [*stages, ("total", *total_cells(self.total)[1:])],
            note="Numbers cover all calls. The peak is that of the largest stage.",
        )

    def to_json(self, *, provenance: bool = True) -> str:
        """The report as JSON text, with exact integers.

        Without `provenance` it is the same for every backend.
        """
        require_bool("provenance", provenance)
        components = {name: written(spec) for name, spec in self.components}
        document = {
            "schema": SCHEMA,
            "conventions": CONVENTIONS,
            "model": {**written(self.model), "components": components},
            "workload": written(self.workload),
            "provenance": asdict(self.provenance),
            "total": asdict(self.total),
            "modules": [asdict(row) for row in self.modules],
        }
        if not provenance:
            del document["provenance"]
        return as_json(document)

    def to_csv(self) -> str:
        """The modules as CSV text, one per line, after `#` lines with the settings and the conventions."""
        text = io.StringIO()
        for line in self._header():
            text.write(f"# {line}\n")
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["path", "copies", "calls", "kind", "held_bytes", *COUNTS])
        for row in self.modules:
            counts = asdict(row.cost).values()
            table.writerow([row.path, row.copies, row.calls, row.kind, row.held_bytes, *counts])
        return text.getvalue()

    def _header(self) -> Iterator[str]:
        yield f"wanmeter {self.provenance.version}, layer_impl={self.provenance.layer_impl}"
        yield f"model: {_settings(self.model)}"
        for name, spec in self.components:
            yield f"{name}: {_settings(spec)}"
        yield f"workload: {_settings(self.workload)}"
        yield f"total: {_settings(self.total)}"
        for key, text in CONVENTIONS.items():
            if isinstance(text, str):
                yield f"{key}: {text}"
        yield f"vector_ops: {_settings(VECTOR_OPS)}"


def _settings(record: AttrsInstance) -> str:
    return ", ".join(f"{key}={value}" for key, value in written(record).items())
