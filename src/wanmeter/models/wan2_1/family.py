"""The Wan2.1 family, as a value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wanmeter.models.family import Family, Layout
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.checks import check
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.pipeline import (
    COMPONENT_OF,
    WanPipeline,
    components_of,
    stages_of,
)
from wanmeter.models.wan2_1.spec import ModelSpec

if TYPE_CHECKING:
    from wanmeter.models.reference import Reference

MODELLED = {
    "text_encoder": (
        "the text encoder (UMT5-XXL) on the prompt, and with guidance on the negative prompt"
    ),
    "image_encoder": "the image encoder (CLIP ViT-H/14) on the images that i2v and flf2v are given",
    "vae_encode": "the VAE's encoder on images and videos, chunk by chunk, with its cache",
    "transformer": (
        "the whole diffusion transformer over all steps; guidance is a second forward pass a step"
    ),
    "vae_decode": "the VAE's decoder on the latents, chunk by chunk, with its cache",
}
MODELLED_CORE = (
    "of the diffusion transformer the core only, self-attention and MLP, over all steps; guidance is a"
    " second forward pass a step"
)


def modelled(settings: Settings[ModelSpec]) -> Mapping[str, str]:
    """What the cost of each stage covers."""
    core = settings.transformer.scope == "core"
    return {**MODELLED, "transformer": MODELLED_CORE} if core else MODELLED


# Imported on use: few runs need these, and the command line starts sooner.


def layouts() -> Mapping[str, Layout]:
    """The readers of Wan2.1 folders."""
    from wanmeter.models.wan2_1.folders import LAYOUTS

    return LAYOUTS


def reference() -> "Reference":
    """The real modules that Wan2.1's costs are compared with."""
    from wanmeter.models.wan2_1.reference import REFERENCE

    return REFERENCE


WAN2_1 = Family(
    title="Wan2.1",
    model=ModelSpec,
    stages=stages_of,
    component_of=COMPONENT_OF,
    components=components_of,
    geometry=lambda _: GEOMETRY,
    check=check,
    pipeline=lambda settings, workload: WanPipeline(settings=settings, workload=workload),
    modelled=modelled,
    layouts=layouts,
    reference=reference,
)
