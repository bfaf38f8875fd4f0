"""Layer backends, which supply the transformer's attention and MLP layers."""

from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.backends.registry import ENTRY_POINT_GROUP, PACKAGED, backend_names, get_backend

__all__ = [
    "ENTRY_POINT_GROUP",
    "PACKAGED",
    "CrossAttentionSpec",
    "LayerBackend",
    "MlpSpec",
    "SelfAttentionSpec",
    "backend_names",
    "get_backend",
]
