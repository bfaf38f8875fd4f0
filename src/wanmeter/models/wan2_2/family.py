"""The Wan2.2 family, as a value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from wanmeter.models.components.specs import VaeSpec
from wanmeter.models.family import Family, Layout
from wanmeter.models.wan2_2.checks import check
from wanmeter.models.wan2_2.geometry import geometry, video_size
from wanmeter.models.wan2_2.official_run import official_run
from wanmeter.models.wan2_2.schedule import scheduled
from wanmeter.models.wan2_2.spec import VAE_5B, Wan22Spec
from wanmeter.models.wan2_2.stages import STAGES, TIME_EMBEDDING
from wanmeter.models.workload import Workload

if TYPE_CHECKING:
    from wanmeter.models.reference import Reference


# Imported on use: few runs need these, and the command line starts sooner.


def layouts() -> Mapping[str, Layout]:
    """The readers of Wan2.2 folders."""
    from wanmeter.models.wan2_2.folders import LAYOUTS

    return LAYOUTS


def reference() -> "Reference":
    """The real modules that Wan2.2's costs are compared with."""
    from wanmeter.models.wan2_2.reference import REFERENCE

    return REFERENCE


def presets(model: Wan22Spec) -> str:
    """How the names of a model's own workloads begin."""
    return "wan2-2-5b" if model.task == "ti2v" else "wan2-2-a14b"


def one_pass(model: Wan22Spec, workload: Workload) -> Workload:
    """One step of each expert, without guidance."""
    if model.boundary is None:
        return evolve(workload, num_inference_steps=1, guidance=False)
    return evolve(workload, num_inference_steps=2, high_noise_steps=1, guidance=False)


WAN2_2 = Family(
    title="Wan2.2",
    model=Wan22Spec,
    stages=STAGES,
    geometry=geometry,
    vae=lambda model: VAE_5B if model.task == "ti2v" else VaeSpec(),
    default_workload=lambda model, _: f"{presets(model)}-720p",
    presets=presets,
    scheduled=scheduled,
    one_pass=one_pass,
    time_embedding=lambda _: TIME_EMBEDDING,
    size_for_image=video_size,
    official_run=official_run,
    check=check,
    layouts=layouts,
    reference=reference,
)
