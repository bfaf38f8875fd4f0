"""The texts of `wanmeter list devices`: what each device's figures rest on, and whether a run checks them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.estimation.time_text import FLOPS, scaled
from wanmeter.hardware import Device, Figure, Rate, device, device_names
from wanmeter.published import official_cells
from wanmeter.published.other_runs import other_runs
from wanmeter.published.overrides import DEVICES
from wanmeter.terminal import Prose

ORIGINS = ("published", "assumed", "fitted")


def devices() -> RenderableType:
    """Each packaged device: which of its rates were published, assumed and fitted, and which runs check it."""
    checks = _checks()
    parts: list[RenderableType] = []
    for name in device_names():
        parts += _block(device(name), checks.get(name, 0))
    hint = "`wanmeter list devices NAME` has every figure with its source."
    return Group(*parts, Text(), Prose(hint))


def _block(made: Device, checks: int) -> list[RenderableType]:
    lines: list[RenderableType] = [Prose(f"{made.name}: {made.title}", style="bold")]
    for origin in ORIGINS:
        names = [name for name, rate in made.known_rates.items() if rate.origin == origin]
        if names:
            lines.append(_line(f"{origin}: {_grouped(names)}"))
    runs = f"{checks} published times" if checks else "no published time"
    return [*lines, _line(f"checked by {runs}")]


def _line(text: str) -> Prose:
    return Prose(text, indent="  ", hanging="    ")


def _grouped(names: Iterable[str]) -> str:
    """Names by what they serve: `attention fa2 fa3, dram`."""
    groups: dict[str, list[str]] = {}
    for name in names:
        served_by, _, variant = name.partition(".")
        groups.setdefault(served_by, []).append(variant)
    return ", ".join(" ".join((key, *variants)).strip() for key, variants in groups.items())


def _checks() -> Mapping[str, int]:
    """How many published times each device was compared with."""
    others = [
        text.partition("=")[2]
        for row in other_runs()
        for text in row.overrides
        if text.startswith("device=")
    ]
    return Counter([*[DEVICES[cell.gpu] for cell in official_cells()], *others])


def one_device(name: str) -> RenderableType:
    """Every figure of a device, packaged or of a file, with its source.

    Raises:
        UnknownNameError: no packaged device is called so.
    """
    made = device(name)
    lines: list[RenderableType] = [Prose(made.title, style="bold")]
    capacity = made.capacity_bytes
    lines += _figures([f"capacity_bytes: {capacity.value:,}"], capacity.source)
    single = {"sms": made.sms, "power_watts": made.power_watts}
    figures: dict[str, Figure | Rate | None] = {
        **single,
        **{f"peaks.{key}": each for key, each in made.peaks.items()},
        **{f"rates.{key}": each for key, each in made.known_rates.items()},
    }
    by_source: dict[str, list[str]] = {}
    for key, each in figures.items():
        if each is not None:
            sigma = f" +- {each.relative_sigma:.0%}" if isinstance(each, Rate) else ""
            told = f"{key}: {_with_unit(key, each.value)}{sigma}"
            by_source.setdefault(each.source, []).append(told)
    for source, figures_of_it in by_source.items():
        lines += _figures(figures_of_it, source)
    return Group(*lines)


def _with_unit(key: str, value: float) -> str:
    """A figure in its unit: `989 TFLOP/s`, `3.35 TB/s`, `132`."""
    kind, _, name = key.partition(".")
    if kind not in ("peaks", "rates"):
        return f"{value:,.4g} W" if key == "power_watts" else f"{value:,.4g}"
    if name.startswith(FLOPS) or (kind == "peaks" and name != "dram"):
        return f"{value / 1e12:,.4g} TFLOP/s"
    return scaled(value, "B/s")


def _figures(told: Iterable[str], source: str) -> list[RenderableType]:
    """Figures of one source."""
    return [Text(), *map(Prose, told), Prose(source, indent="  ", hanging="  ")]
