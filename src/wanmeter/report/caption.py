"""A run in one line, as every table and figure names it."""

from wanmeter.report.amounts import counted
from wanmeter.wan.specs import ModelSpec
from wanmeter.wan.workload import Workload


def caption(model: ModelSpec, workload: Workload) -> str:
    """The model and the workload: `wan2_1_t2v_14b: 1 x 1280x720, 81 frames, 50 steps with guidance`."""
    guidance = "with guidance" if workload.guidance else "without guidance"
    frames = counted(workload.num_frames, "frame")
    steps = counted(workload.num_inference_steps, "step")
    images = workload.num_reference_images
    references = f" and {counted(images, 'reference image')}" if images else ""
    return (
        f"{model.name}: {workload.batch_size} x {workload.width}x{workload.height},"
        f" {frames}{references}, {steps} {guidance}"
    )
