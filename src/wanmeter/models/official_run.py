"""`OfficialRun`: how the official program is run on a model, and what waits on the device meanwhile."""

from collections.abc import Callable, Mapping

from attrs import frozen

Waiting = Mapping[str, int]
"""Tensors by what they are, in quarters of the latents in float32. A mask of the video has a quarter."""

SAMPLER: Waiting = {"model outputs": 8, "last sample": 4}
"""What the sampler keeps from step to step.

Source: Wan2.1 wan/utils/fm_solvers_unipc.py, FlowUniPCMultistepScheduler.step, with solver_order 2.
"""

PREDICTIONS: Waiting = {"prediction": 4, "unguided prediction": 4, "guided prediction": 4}
"""What a step predicts. The names keep it until the next step."""


@frozen(kw_only=True)
class OfficialOptions:
    """Options of the official program, by their names there; `fsdp` is `dit_fsdp` and `t5_fsdp`."""

    offload_model: bool = False
    t5_cpu: bool = False
    fsdp: bool = False


@frozen(kw_only=True)
class OfficialRun:
    """How a model's published times and memory were measured, and what waits on the device meanwhile.

    Attributes:
        on_one_gpu: the options on one GPU.
        on_several: the options on several GPUs.
        converts: whether the transformer's weights are converted to bfloat16, unless GPUs share them.
        uses_xdit: whether GPUs share a sequence by xDiT, which knows rings and runs FlashAttention 2.
        frames_per_second: at which a video plays.
        time_per_token: whether the program gives the transformer a time for each token.
        starts_on_host: whether the transformer waits on the host until its phase, on one GPU.
        idle_params: parameters that are loaded and never run, by component.
        waiting: what waits during a phase, by its name and whether models are offloaded.
        videos: the videos of pixels in float32 that wait during a phase, besides what the VAE reads.
    """

    on_one_gpu: OfficialOptions
    on_several: OfficialOptions
    converts: bool
    uses_xdit: bool
    frames_per_second: int
    time_per_token: bool
    starts_on_host: bool
    idle_params: Mapping[str, int]
    waiting: Callable[[str, bool], Waiting]
    videos: Callable[[str], int] = lambda _: 0

    def options(self, gpus: int) -> OfficialOptions:
        """The options on a number of GPUs."""
        return self.on_one_gpu if gpus == 1 else self.on_several
