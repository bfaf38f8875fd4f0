"""What a profile's program keeps on a device in each phase of a run."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from wanmeter.execution.pipelines.diffusers import diffusers
from wanmeter.execution.pipelines.ideal import mathematics
from wanmeter.execution.pipelines.official import official
from wanmeter.execution.pipelines.pipeline import Pipeline
from wanmeter.execution.plan import Plan

PIPELINES: Mapping[str, Callable[[Plan], Pipeline]] = MappingProxyType(
    {"ideal": mathematics, "official": official, "diffusers": diffusers}
)
"""How each profile runs a plan."""


def pipeline_of(plan: Plan) -> Pipeline:
    """The pipeline of a plan's profile on the plan.

    Raises:
        InvalidValueError: the profile cannot execute it.
    """
    return PIPELINES[plan.profile.name](plan)


__all__ = ["PIPELINES", "Pipeline", "pipeline_of"]
