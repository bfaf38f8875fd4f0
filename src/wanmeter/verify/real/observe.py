"""How often diffusers' own pipelines run each model: watched on toy models, with the run's own settings.

The number of passes hangs on the task, the steps, the guidance and the reference images, not on widths
or sizes: so that a pipeline of toys, on the CPU, shows it in a second.
"""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import torch
from diffusers import (
    AutoencoderKLWan,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from PIL import Image
from transformers import CLIPVisionConfig, CLIPVisionModel, UMT5Config, UMT5EncoderModel

from wanmeter.verify.schedule import Pass, Schedule
from wanmeter.wan.run import Run

SIDE = 32
"""Pixels of a toy video's side: four latents, two patches."""

WIDTH, HEADS = 24, 2

NO_CLIP = 0
"""The length of what is no clip."""


def observe(run: Run) -> Schedule:
    """The passes of each stage of a run, as diffusers' pipeline for its task makes them."""
    workload = run.workload
    # A clip of two latents, or of as many as there are reference images.
    latents = max(2, workload.num_reference_images)
    frames = min(workload.num_frames, 4 * (latents - 1) + 1)
    seen = _watch(run, frames)
    # The toy clip stands for the run's own; a clip of any other length is what it is.
    lengths = {NO_CLIP: workload.num_frames, frames: workload.num_frames}
    return {
        stage: tuple(
            Pass(count=count, num_frames=lengths.get(length, length))
            for (name, length), count in seen.items()
            if name == stage
        )
        for stage, _ in seen
    }


def _watch(run: Run, frames: int) -> Counter[tuple[str, int]]:
    """Forward passes by stage and by length of the clip, for a video of so many frames."""
    calls: Counter[tuple[str, int]] = Counter()
    workload = run.workload
    with torch.no_grad():
        pipeline = _toy_pipeline(run)
        for stage in ("text_encoder", "image_encoder", "transformer"):
            if module := getattr(pipeline, stage, None):
                _count_calls(
                    module, "forward", calls, lambda *_, stage=stage, **__: (stage, NO_CLIP)
                )
        _count_calls(pipeline.vae, "_encode", calls, lambda x, *_, **__: ("vae_encode", x.shape[2]))
        _count_calls(
            pipeline.vae,
            "_decode",
            calls,
            lambda z, *_, **__: ("vae_decode", 4 * (z.shape[2] - 1) + 1),
        )
        pipeline.set_progress_bar_config(disable=True)
        pipeline(
            prompt="",
            negative_prompt="",
            height=SIDE,
            width=SIDE,
            num_frames=frames,
            num_inference_steps=workload.num_inference_steps,
            guidance_scale=5.0 if workload.guidance else 1.0,
            output_type="np",
            **_pictures(run, frames),
        )
    return calls


def _count_calls(module: Any, method: str, calls: Counter[tuple[str, int]], name: Any) -> None:
    original = getattr(module, method)

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls[name(*args, **kwargs)] += 1
        return original(*args, **kwargs)

    setattr(module, method, counted)


def _pictures(run: Run, frames: int) -> dict[str, Any]:
    """What the task's pipeline is given to see."""
    picture = Image.new("RGB", (SIDE, SIDE))
    if run.model.task == "vace":
        references = [picture] * run.workload.num_reference_images
        given = {"video": [picture] * frames, "mask": [picture] * frames}
        return given | ({"reference_images": references} if references else {})
    return dict.fromkeys(("image", "last_image")[: run.model.num_images], picture)


def _toy_pipeline(run: Run) -> DiffusionPipeline:
    channels = 16
    control = 2 * channels + 64  # two videos' latents, and a mask of 8 x 8 pixels a latent
    sizes = {
        "num_attention_heads": HEADS,
        "attention_head_dim": WIDTH // HEADS,
        "in_channels": channels,
        "out_channels": channels,
        "text_dim": WIDTH,
        "freq_dim": WIDTH,
        "ffn_dim": WIDTH,
        "num_layers": 1,
    }
    parts = {
        "tokenizer": _tokenizer,
        "text_encoder": UMT5EncoderModel(
            UMT5Config(
                vocab_size=2,
                d_model=WIDTH,
                d_kv=WIDTH // HEADS,
                d_ff=WIDTH,
                num_heads=HEADS,
                num_layers=1,
                feed_forward_proj="gated-gelu",
            )
        ),
        "vae": AutoencoderKLWan(
            base_dim=8, z_dim=channels, dim_mult=[1, 1, 1, 1], num_res_blocks=1
        ),
        "scheduler": FlowMatchEulerDiscreteScheduler(),
    }
    if run.model.task == "vace":
        transformer = WanVACETransformer3DModel(**sizes, vace_layers=[0], vace_in_channels=control)
        return WanVACEPipeline(**parts, transformer=transformer)
    if not run.model.num_images:
        return WanPipeline(**parts, transformer=WanTransformer3DModel(**sizes))
    patch, images = 8, run.model.num_images
    config = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=HEADS,
        image_size=patch,
        patch_size=patch,
    )
    sizes |= {"in_channels": 2 * channels + 4, "image_dim": WIDTH, "added_kv_proj_dim": WIDTH}
    if images > 1:
        sizes["pos_embed_seq_len"] = images * 2  # one patch and the class token of each
    return WanImageToVideoPipeline(
        **parts,
        image_encoder=CLIPVisionModel(config),
        image_processor=_image_processor(patch),
        transformer=WanTransformer3DModel(**sizes),
    )


def _tokenizer(texts: list[str], *, max_length: int, **_: object) -> SimpleNamespace:
    """Token ids of any text: as many as there may be."""
    shape = (len(texts), max_length)
    ids = torch.zeros(shape, dtype=torch.long)
    return SimpleNamespace(input_ids=ids, attention_mask=torch.ones_like(ids))


class _Pixels(dict[str, torch.Tensor]):
    """What an image processor returns."""

    def to(self, *_: object) -> "_Pixels":
        """Where it is, it stays."""
        return self


def _image_processor(side: int) -> Any:
    def process(*, images: Any, **_: object) -> _Pixels:
        count = len(images) if isinstance(images, list) else 1
        return _Pixels(pixel_values=torch.zeros(count, 3, side, side))

    return process
