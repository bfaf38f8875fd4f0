"""The texts on a sheet, and whether they are legible."""

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from wanmeter import configure
from wanmeter.render.figures.style import style

TINY = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")


def texts_of(figure):
    """Each text on the sheet, and the rectangle that it takes."""
    with style():
        sheet = figure.draw(figure.caption)
        FigureCanvasAgg(sheet)
        sheet.draw_without_rendering()
        unseen = {tick.label1 for axes in sheet.axes for tick in beyond_the_end(axes)}
        shown = [text for text in sheet.findobj(Text) if text.get_text() and text not in unseen]
        # Of an annotation the text alone: its pointer may touch what it points from.
        boxes = [(text.get_text(), Text.get_window_extent(text)) for text in shown]
    return sheet, [(text, box) for text, box in boxes if box.width > 1]  # what is drawn at all


def beyond_the_end(axes):
    """Ticks that an axis has, but does not draw."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        yield from (
            tick
            for tick in (*axis.majorTicks, *axis.minorTicks)
            if not low <= tick.get_loc() <= high
        )


def assert_legible(figure):
    """Assert that no text overlaps another or leaves the sheet."""
    sheet, texts = texts_of(figure)
    for text, box in texts:
        assert min(box.x0, box.y0) >= 0, text
        assert box.x1 <= sheet.bbox.width, text
        assert box.y1 <= sheet.bbox.height, text
    for axes in sheet.axes:
        end = axes.get_window_extent().x1
        beside = [text for text in axes.texts if text.get_ha() == "right" and text.xy[0] == 1]
        for text in beside:
            assert Text.get_window_extent(text).x0 >= end, text
    for (one, first), (other, second) in combinations(texts, 2):
        assert not first.overlaps(second), f"{one!r} lies on {other!r}"
    return sheet
