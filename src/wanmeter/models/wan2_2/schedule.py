"""Which steps run which expert, as the times of the official sampler's steps decide."""

from bisect import bisect_left

from attrs import evolve

from wanmeter.errors import InvalidValueError
from wanmeter.models.wan2_2.spec import Wan22Spec
from wanmeter.models.workload import Workload
from wanmeter.validators import is_int

TRAIN_TIMESTEPS = 1000
"""Source: Wan2.2 wan/configs/shared_config.py, num_train_timesteps."""

FIRST_SIGMA = 0.9990000128746033
"""1 - 1 / TRAIN_TIMESTEPS in 32 bits, the noise of the first step before the shift.

Source: Wan2.2 wan/utils/fm_solvers_unipc.py, FlowUniPCMultistepScheduler.__init__, sigma_max.
"""


def timestep(step: int, steps: int, shift: float) -> int:
    """The time of a step, from 999 down to 0, rounded down.

    Noise falls evenly from the first step to 0 after the last, and is then shifted.

    Source: Wan2.2 wan/utils/fm_solvers_unipc.py, FlowUniPCMultistepScheduler.set_timesteps. The order of
    the operations on floats is that of the source.
    """
    sigma = step * ((0.0 - FIRST_SIGMA) / steps) + FIRST_SIGMA
    return int(shift * sigma / (1 + (shift - 1) * sigma) * TRAIN_TIMESTEPS)


def high_noise_steps(steps: int, shift: float, boundary: float) -> int:
    """The number of steps whose time is at least `boundary`, as a part of `TRAIN_TIMESTEPS`.

    Source: Wan2.2 wan/text2video.py and image2video.py, _prepare_model_for_timestep.
    """
    least = boundary * TRAIN_TIMESTEPS
    # Times only fall.
    return bisect_left(range(steps), True, key=lambda step: timestep(step, steps, shift) < least)


def sample_shift(model: Wan22Spec, workload: Workload) -> float:
    """The workload's shift, or else the model's own."""
    return model.sample_shift if workload.sample_shift is None else workload.sample_shift


def scheduled(model: Wan22Spec, workload: Workload) -> Workload:
    """A workload with the high-noise steps filled in; unchanged if the model has one expert.

    Raises:
        InvalidValueError: the number of steps is a symbol, and the high-noise steps are not given.
    """
    if model.boundary is None or workload.high_noise_steps is not None:
        return workload
    steps, shift = workload.num_inference_steps, sample_shift(model, workload)
    if not is_int(steps):
        raise InvalidValueError("workload.high_noise_steps", None, "the high-noise expert's steps")
    return evolve(workload, high_noise_steps=high_noise_steps(steps, shift, model.boundary))


def expert_steps(model: Wan22Spec, workload: Workload) -> tuple[int, int]:
    """The steps of the first expert and of the second."""
    high = scheduled(model, workload).high_noise_steps
    if high is None:
        return workload.num_inference_steps, 0
    return high, workload.num_inference_steps - high
