"""The Wan2.1 family: models, transformer, pipeline, folders and real modules."""

from wanmeter.models.wan2_1.family import WAN2_1
from wanmeter.models.wan2_1.spec import ModelSpec

__all__ = ["WAN2_1", "ModelSpec"]
