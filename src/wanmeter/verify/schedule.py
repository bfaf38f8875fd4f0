"""`one_pass` of a run, and why a stage may be compared only in part."""

from attrs import evolve

from wanmeter.models import Run

PARTIAL = "the real module has parts that this transformer leaves out"


def one_pass(run: Run) -> Run:
    """The same run with one denoising step, one forward pass, and one prompt."""
    workload = evolve(run.workload, num_inference_steps=1, guidance=False)
    return evolve(run, workload=workload)
