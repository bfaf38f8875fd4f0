"""The Wan2.2 family: models, schedule, pipeline, folders and real modules. Its transformer is Wan2.1's."""

from wanmeter.models.wan2_2.family import WAN2_2
from wanmeter.models.wan2_2.spec import Wan22Spec

__all__ = ["WAN2_2", "Wan22Spec"]
