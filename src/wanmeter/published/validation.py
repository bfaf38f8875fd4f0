"""`Validation`: predictions beside what was published, and how far they are apart."""

from pathlib import Path
from typing import Any, ClassVar

from attrs import asdict, field, frozen

from wanmeter.documents import Node, as_json, parse_document, read_document
from wanmeter.errors import DocumentError, InvalidValueError
from wanmeter.published.reading import parts_of
from wanmeter.published.row import Row
from wanmeter.published.statistics import Statistics
from wanmeter.validators import as_tuple, one_of, require_instance, tuple_of_names

SCHEMA = "wanmeter.validation/1"
"""The name and version of the document's layout."""

QUANTITIES = ("gib", "seconds")
"""What is published about a run, by its unit."""


@frozen(kw_only=True)
class Validation:
    """Rows of one quantity, and what was assumed to predict them."""

    SECTION: ClassVar[str] = "validation"

    quantity: str = field(validator=one_of(QUANTITIES))
    assumptions: tuple[str, ...] = field(converter=as_tuple, validator=tuple_of_names)
    rows: tuple[Row, ...] = field(converter=as_tuple)

    def __attrs_post_init__(self) -> None:
        """Refuse what is no row, and a row that is there twice."""
        require_instance("validation.rows", self.rows, tuple)
        seen = set()
        for row in self.rows:
            require_instance("validation.rows", row, Row)
            if row.id in seen:
                raise InvalidValueError("validation.rows", row.id, "each id once")
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
            return cls(**parts)
        except InvalidValueError as error:
            raise DocumentError(f"{document.where}: {error.key}", error.problem) from error

    @property
    def statistics(self) -> Statistics:
        """How far predictions are from what was published, over the covered rows."""
        return Statistics.of(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The validation as plain dicts, lists, strings and numbers."""
        return {
            "schema": SCHEMA,
            "quantity": self.quantity,
            "assumptions": list(self.assumptions),
            "statistics": asdict(self.statistics),
            "rows": [{**asdict(row), "overrides": list(row.overrides)} for row in self.rows],
        }

    def to_json(self) -> str:
        """The validation as JSON text. The same rows give the same bytes."""
        return as_json(self.to_dict())
