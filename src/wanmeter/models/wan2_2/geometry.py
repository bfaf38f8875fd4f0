"""Wan2.2's geometries, and the size of a video that is made from an image."""

from wanmeter.models.geometry import Geometry
from wanmeter.models.wan2_1.geometry import GEOMETRY, size_for_image
from wanmeter.models.wan2_2.spec import Wan22Spec

GEOMETRY_5B = Geometry(vae_stride=(4, 16, 16), patch_size=(1, 2, 2))
"""Source: Wan2.2 wan/configs/wan_ti2v_5B.py, vae_stride and patch_size. A14B's is that of Wan2.1."""


def geometry(model: Wan22Spec) -> Geometry:
    """The geometry of a model."""
    return GEOMETRY_5B if model.task == "ti2v" else GEOMETRY


def best_output_size(image: tuple[int, int], area: int) -> tuple[int, int]:
    """The width and height of a 5B video made from an image: at most this area, and nearest in shape.

    In the official code's floating-point arithmetic. One side is rounded down, the other follows; of the
    two orders the one whose ratio is nearer to the image's holds.

    Source: Wan2.2 wan/utils/utils.py, best_output_size.
    """
    down, across = GEOMETRY_5B.sides
    ratio = image[0] / image[1]
    whole_width = (area * ratio) ** 0.5
    whole_height = area / whole_width
    width = int(whole_width // across * across)
    by_width = width, int(area / width // down * down)
    height = int(whole_height // down * down)
    by_height = int(area / height // across * across), height
    return by_width if _distance(by_width, ratio) < _distance(by_height, ratio) else by_height


def _distance(size: tuple[int, int], ratio: float) -> float:
    own = size[0] / size[1]
    return max(ratio / own, own / ratio)


def video_size(model: Wan22Spec, image: tuple[int, int], area: int) -> tuple[int, int] | None:
    """The width and height of a video made from an image; `None` for text to video."""
    if model.task == "t2v":
        return None
    return best_output_size(image, area) if model.task == "ti2v" else size_for_image(image, area)
