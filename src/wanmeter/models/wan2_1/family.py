"""The Wan2.1 family, as a value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from wanmeter.models.components.specs import VaeSpec
from wanmeter.models.family import Family, Layout
from wanmeter.models.wan2_1.checks import check
from wanmeter.models.wan2_1.geometry import GEOMETRY, size_for_image
from wanmeter.models.wan2_1.official_run import SMALL_DIM, official_run
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.models.wan2_1.stages import STAGES
from wanmeter.models.workload import Workload

if TYPE_CHECKING:
    from wanmeter.models.reference import Reference


# Imported on use: few runs need these, and the command line starts sooner.


def layouts() -> Mapping[str, Layout]:
    """The readers of Wan2.1 folders."""
    from wanmeter.models.wan2_1.folders import LAYOUTS

    return LAYOUTS


def reference() -> "Reference":
    """The real modules that Wan2.1's costs are compared with."""
    from wanmeter.models.wan2_1.reference import REFERENCE

    return REFERENCE


def default_workload(model: ModelSpec, name: str) -> str:
    """The size that a model is made for, by name. I2V is published for 480p and for 720p."""
    if model.task == "t2i":
        return "wan2-1-1024-image"
    small = model.dim <= SMALL_DIM or "480p" in name.lower()
    return "wan2-1-480p" if small else "wan2-1-720p"


def one_pass(_: ModelSpec, workload: Workload) -> Workload:
    """One step without guidance."""
    return evolve(workload, num_inference_steps=1, guidance=False)


WAN2_1 = Family(
    title="Wan2.1",
    model=ModelSpec,
    stages=STAGES,
    geometry=lambda _: GEOMETRY,
    vae=lambda _: VaeSpec(),
    default_workload=default_workload,
    presets=lambda _: "wan2-1",
    scheduled=lambda _, workload: workload,
    one_pass=one_pass,
    time_embedding=lambda _: None,
    size_for_image=lambda model, image, area: (
        size_for_image(image, area) if model.num_images else None
    ),
    official_run=official_run,
    check=check,
    layouts=layouts,
    reference=reference,
)
