"""The table of `wanmeter list keys`."""

import json
from collections.abc import Mapping

from attrs import fields

from wanmeter.composition import compose_sections
from wanmeter.configs import key_meanings
from wanmeter.errors import UnknownNameError
from wanmeter.estimation.choosing import DEVICE, PRICE
from wanmeter.estimation.choosing import SECTIONS as EXECUTION
from wanmeter.keys import IMAGE_SIZE_KEY, SIZE_KEY
from wanmeter.models import SECTIONS
from wanmeter.structuring import STAGES_KEY, section_keys
from wanmeter.terminal import PlainTable


def key_table(section: str | None = None) -> PlainTable:
    """Every key of a section, or of all: its default, and what it means.

    Raises:
        UnknownNameError: there is no such section.
    """
    known = (*SECTIONS, *EXECUTION)
    if section is not None and section not in known:
        raise UnknownNameError("section", section, known)
    defaults, meaning = compose_sections(), key_meanings()
    columns = ("key", "default", "meaning")
    table = PlainTable(columns, left=columns, wrap=["meaning"])
    for name in known if section is None else (section,):
        if name in EXECUTION:
            _add_options(table, name, meaning[name])
            continue
        for key in section_keys(name):
            default = defaults[name].get(key)
            if key in ("bits", "weight_bits"):
                default = getattr(SECTIONS[name].PRECISION, key)  # type: ignore[attr-defined]
            if name == "workload" and key in ("num_frames", "height", "width"):
                default = None  # a model brings its own
            table.add_row(f"{name}.{key}", _written(default), meaning[name][key])
    if section in (None, "workload"):
        table.add_row(SIZE_KEY, "", "width and height in one: 1280x720")
        table.add_row(IMAGE_SIZE_KEY, "", "of the image that gives the video's size: 832x1104")
    if section is None:
        table.add_row(DEVICE, "none", "a packaged device, or the path of a file, in estimates")
        table.add_row(PRICE, "none", "of one GPU, in any currency, in estimates")
        table.add_row(STAGES_KEY, "all", "stages to cost, a list: [transformer]")
    return table


def _add_options(table: PlainTable, section: str, meaning: Mapping[str, str]) -> None:
    """Add the keys of an execution's section, which only estimates have."""
    for each in fields(EXECUTION[section]):
        if each.name in meaning:
            default = json.dumps(each.default)
            table.add_row(f"{section}.{each.name}", default, meaning[each.name])


def _written(value: object) -> str:
    """A value as an override has it; what is not set by default is the model's."""
    if value is None:
        return "the model's"
    return value if isinstance(value, str) else json.dumps(value)
