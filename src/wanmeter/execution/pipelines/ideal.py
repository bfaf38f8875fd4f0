"""The mathematics alone: no program, so that nothing is loaded or waits but what a stage itself needs."""

from wanmeter.errors import InvalidValueError
from wanmeter.execution.dtype import FLOAT32
from wanmeter.execution.ideal import ideal
from wanmeter.execution.pipelines.pipeline import Pipeline
from wanmeter.execution.plan import PHASES, Plan


def mathematics(plan: Plan) -> Pipeline:
    """Each stage on its own, with its weights in the run's element sizes. Inputs count as activations."""
    plan.refuse_switches()
    for name in ("offload_model", "t5_cpu"):
        if getattr(plan.placement, name):
            allowed = "false with profile=ideal, which has no program"
            raise InvalidValueError(f"placement.{name}", True, allowed)
    return Pipeline(
        plan=plan,
        programs=dict.fromkeys(PHASES, ideal),
        stored=lambda _: FLOAT32,  # its operators have element sizes of their own
        run_in=lambda _: FLOAT32,
        weights=lambda stage: {stage: plan.loaded.weight_bytes(stage)},
        held=lambda _, __: {},
        host_bytes=0,
        moved_bytes=lambda _: 0,
        transfers=lambda _, __: (),
        attention=lambda architecture: "fa3" if architecture == "hopper" else "fa2",
    )
