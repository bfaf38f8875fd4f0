"""How often the real model of each stage runs, and on what. No torch is needed to know."""

from collections.abc import Mapping

from attrs import evolve, frozen

from wanmeter.wan.run import Run


@frozen(kw_only=True)
class Pass:
    """Forward passes of one real model at one shape: `count` of them.

    `num_frames` is the length of the clip that a VAE is given; other models take the workload's shapes.
    """

    count: int
    num_frames: int


Schedule = Mapping[str, tuple[Pass, ...]]
"""The forward passes of each stage."""


def schedule(run: Run) -> Schedule:
    """The forward passes that a run's cost counts.

    Source: Wan2.1 wan/text2video.py, image2video.py, first_last_frame2video.py and vace.py.
    """
    workload = run.workload
    counts = {"text_encoder": workload.prompts, "transformer": workload.forward_passes}
    stages = [child.name for child in run.pipeline().children]
    passes: dict[str, tuple[Pass, ...]] = {
        stage: (Pass(count=counts.get(stage, 1), num_frames=workload.num_frames),)
        for stage in stages
    }
    if "vae_encode" in passes and run.model.task == "vace":
        clips = {workload.num_frames: 2}
        if workload.num_reference_images:
            clips[1] = clips.get(1, 0) + workload.num_reference_images
        passes["vae_encode"] = tuple(
            Pass(count=count, num_frames=length) for length, count in clips.items()
        )
    return passes


def one_pass(run: Run) -> Run:
    """The same run with one denoising step, one forward pass, and one prompt."""
    workload = evolve(run.workload, num_inference_steps=1, guidance=False)
    return evolve(run, workload=workload)


REAL_TEXT_LEN = 512
"""The text tokens that the real models expect. Source: diffusers WanAttnProcessor."""


def why_not(run: Run, stage: str) -> str:
    """Why a stage of a run cannot be measured; empty where it can."""
    workload = run.workload
    if stage != "transformer":
        return ""
    if run.model.num_images and workload.text_len != REAL_TEXT_LEN:
        return (
            f"the real model takes the last {REAL_TEXT_LEN} tokens of the context for the text's,"
            f" and text_len is {workload.text_len}"
        )
    return ""


PARTIAL = "the real module has parts that this transformer is costed without"


def is_whole(run: Run, stage: str) -> bool:
    """Whether a stage is costed with all the parts of the real model."""
    options = run.transformer
    return stage != "transformer" or (options.scope == "full" and options.qk_norm)
