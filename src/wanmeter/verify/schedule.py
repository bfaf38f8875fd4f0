"""One pass of a run, and what keeps a stage from being compared in whole."""

from attrs import evolve

from wanmeter.models import Run

PARTIAL = "the real module has parts that this transformer is costed without"


def one_pass(run: Run) -> Run:
    """The same run with one denoising step, one forward pass, and one prompt."""
    workload = evolve(run.workload, num_inference_steps=1, guidance=False)
    return evolve(run, workload=workload)
