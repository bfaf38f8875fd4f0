"""The figures of the page: those that answer its question first."""

from collections.abc import Iterator
from itertools import chain

from wanmeter.render.figures import Figure, draw
from wanmeter.render.figures.draw_estimate import draw_estimate
from wanmeter.render.page.content import Page

BESIDE_DEVICE = ("flops", "bytes", "resolution")
"""The figures of a run that say more than those of its estimate on a device."""


def page_figures(page: Page) -> Iterator[Figure]:
    """Draw the figures of a page: of a run's estimate, if there is one, and of the run."""
    estimate = page.estimate
    if estimate is None or estimate.seconds is None:
        shown = () if estimate is None else draw_estimate(estimate)
        return chain(shown, draw(page.run, layer_impls=page.layer_impls))
    return chain(
        draw_estimate(estimate), draw(page.run, BESIDE_DEVICE, layer_impls=page.layer_impls)
    )
