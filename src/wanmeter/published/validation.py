"""`Validation`: predictions beside what was published, and how far they are apart."""

from pathlib import Path
from typing import Any, ClassVar

from attrs import asdict, field, frozen

from wanmeter.documents import Node, as_json, parse_document, read_document
from wanmeter.errors import DocumentError, InvalidValueError
from wanmeter.published.other_runs import Implausible
from wanmeter.published.reading import check_statistics, parts_of
from wanmeter.published.row import Row
from wanmeter.published.statistics import Errors, half_width, statistics
from wanmeter.validators import as_tuple, one_of, require_instance, tuple_of_names

SCHEMA = "wanmeter.validation/1"
"""The name and version of the document's layout."""

QUANTITIES = ("gib", "seconds")
"""What is published about a run, by its unit."""


@frozen(kw_only=True)
class Validation:
    """Rows of one quantity, and what was assumed to predict them.

    `rows` are cells of the official tables, `others` other published runs; `implausible` is what was published
    and is not compared.
    """

    SECTION: ClassVar[str] = "validation"

    quantity: str = field(validator=one_of(QUANTITIES))
    assumptions: tuple[str, ...] = field(converter=as_tuple, validator=tuple_of_names)
    rows: tuple[Row, ...] = field(converter=as_tuple)
    others: tuple[Row, ...] = field(default=(), converter=as_tuple)
    implausible: tuple[Implausible, ...] = field(default=(), converter=as_tuple)

    def __attrs_post_init__(self) -> None:
        """Refuse what is no row, and a row that is there twice."""
        seen = set()
        for name in ("rows", "others"):
            rows = getattr(self, name)
            require_instance(f"validation.{name}", rows, tuple)
            for row in rows:
                require_instance(f"validation.{name}", row, Row)
                if row.id in seen:
                    raise InvalidValueError(f"validation.{name}", row.id, "each id once")
                seen.add(row.id)

    @classmethod
    def from_json(cls, text: str | bytes, *, where: str = "validation") -> "Validation":
        """Read a validation written by `to_json`; errors name it `where`.

        Raises:
            DocumentError: the text is not a complete validation of this schema, or its statistics do not
                follow from its rows.
        """
        return cls._of(parse_document(text, where, "validation", SCHEMA))

    @classmethod
    def from_file(cls, path: Path) -> "Validation":
        """Read a validation from a file. Errors are those of `from_json`."""
        return cls._of(read_document(path, "validation", SCHEMA))

    @classmethod
    def _of(cls, document: Node) -> "Validation":
        parts = parts_of(document)
        try:
            made = cls(**parts)
        except InvalidValueError as error:
            raise DocumentError(f"{document.where}: {error.key}", error.problem) from error
        check_statistics(document, made.quantity, made.rows)
        return made

    @property
    def statistics(self) -> dict[str, Errors]:
        """How far predictions are from what was published, over the covered rows, in groups."""
        return statistics(self.quantity, self.rows)

    @property
    def median_half_width(self) -> float | None:
        """The median of half a band's width over its prediction; `None` without predictions."""
        return half_width(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The validation as plain dicts, lists, strings and numbers."""
        return {
            "schema": SCHEMA,
            "quantity": self.quantity,
            "assumptions": list(self.assumptions),
            "statistics": {name: asdict(errors) for name, errors in self.statistics.items()},
            "median_half_width": self.median_half_width,
            "rows": [_written(row) for row in self.rows],
            "others": [_written(row) for row in self.others],
            "implausible": [asdict(run) for run in self.implausible],
        }

    def to_json(self) -> str:
        """The validation as JSON text. The same rows give the same bytes."""
        return as_json(self.to_dict())


def _written(row: Row) -> dict[str, Any]:
    return {**asdict(row), "overrides": list(row.overrides)}
