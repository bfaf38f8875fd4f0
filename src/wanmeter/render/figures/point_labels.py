"""Labels of points, placed so that none lies on another, on a point, or on a line where that can be helped."""

from collections.abc import Iterator, Sequence

from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.textpath import TextPath

from wanmeter.render.figures.style import INK, MUTED

SIZE = 8.5
"""Font size of labels, in points."""

DISTANCES = (9, 16, 24, 34, 46, 60, 76, 94, 114, 136)
"""How far a label may be from its point, in points; a line leads to one that is not next to it."""

DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))

CROSSED = 40
"""What crossing a line costs, in points of distance."""

Spot = tuple[float, float]
"""A position on the axes, in points from their lower left corner."""


@frozen(kw_only=True)
class Box:
    """A rectangle in points."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, spot: Spot, radius: float) -> "Box":
        """The square around a marker."""
        x, y = spot
        return cls(left=x - radius, bottom=y - radius, right=x + radius, top=y + radius)

    def overlaps(self, other: "Box") -> bool:
        """Whether they have a part in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def has(self, spot: Spot) -> bool:
        """Whether a position is inside."""
        return self.left <= spot[0] <= self.right and self.bottom <= spot[1] <= self.top


@frozen(kw_only=True)
class Label:
    """The text of a point, whose marker has a radius in points."""

    text: str
    at: Spot
    radius: float = 4


def spot(axes: Axes, x: float, y: float) -> Spot:
    """Where data lies, in points from the lower left corner of the axes. Set their limits before."""
    scale = 72 / axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    (px, py), corner = axes.transData.transform((x, y)), axes.bbox.min
    return float((px - corner[0]) * scale), float((py - corner[1]) * scale)


def draw_labels(
    axes: Axes, labels: Sequence[Label], lines: Sequence[Sequence[Spot]], kept: Sequence[Box] = ()
) -> None:
    """Draw each label at the nearest free place; the first ones choose first.

    `lines` are positions along what labels had better not lie on; `kept` is not free.
    """
    scale = 72 / axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    width, height = axes.bbox.width * scale, axes.bbox.height * scale
    inside = Box(left=2, bottom=2, right=width - 2, top=height - 2)
    taken = [*kept, *[Box.around(label.at, label.radius + 1) for label in labels]]
    for label in labels:
        places = list(_free(label, inside, taken, lines))
        if not places:
            continue  # no place is left: the alternative text has it
        box, _ = min(places, key=lambda place: place[1])
        taken.append(box)
        axes.annotate(
            label.text,
            (label.at[0] / width, label.at[1] / height),
            xycoords="axes fraction",
            xytext=((box.left + 2) / width, (box.bottom + box.top) / 2 / height),
            textcoords="axes fraction",
            va="center",
            size=SIZE,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85},
            arrowprops={
                "arrowstyle": "-",
                "color": MUTED,
                "linewidth": 0.8,
                "shrinkA": 1,
                "shrinkB": label.radius,
            }
            if not _touches(box, label)
            else None,
            zorder=4,
        )


def _touches(box: Box, label: Label) -> bool:
    """Whether a label is next to its point."""
    return box.overlaps(Box.around(label.at, label.radius + DISTANCES[0]))


def _free(
    label: Label, inside: Box, taken: Sequence[Box], lines: Sequence[Sequence[Spot]]
) -> Iterator[tuple[Box, float]]:
    """Free places of a label, and what each costs."""
    extent = TextPath((0, 0), label.text, size=SIZE).get_extents()
    width, height = extent.width + 6, SIZE * 1.5
    for distance in DISTANCES:
        for right, up in DIRECTIONS:
            away = distance * (0.75 if right and up else 1) + label.radius - 4
            left = label.at[0] + right * away - width * (1 - right) / 2
            bottom = label.at[1] + up * (away + height / 2) - height / 2
            box = Box(left=left, bottom=bottom, right=left + width, top=bottom + height)
            if not (inside.has((box.left, box.bottom)) and inside.has((box.right, box.top))):
                continue
            if any(box.overlaps(other) for other in taken):
                continue
            crossed = sum([any(box.has(each) for each in line) for line in lines])
            yield box, distance + CROSSED * crossed
