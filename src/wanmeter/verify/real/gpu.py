"""Keeps operators whole that are fused on a GPU, but would be decomposed on the meta device."""

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch.nn.functional import rms_norm, scaled_dot_product_attention
from torch.overrides import TorchFunctionMode

FLASH_HEAD_DIM = 256
"""Largest head_dim of the flash kernel. Source: PyTorch aten/src/ATen/native/transformers/cuda/sdp_utils.cpp."""


class Moved(Protocol):
    """Callback for an operator that the dispatcher does not see."""

    def __call__(self, name: str, *, reads: list[torch.Tensor], writes: list[torch.Tensor]) -> None:
        """Record what the operator reads and writes."""


class AsOnGpu(TorchFunctionMode):  # type: ignore[misc,unused-ignore]  # torch may be absent
    """Runs attention and RMS norm as fused operators, as a GPU does.

    Source: PyTorch aten/src/ATen/native/native_functions.yaml: the CUDA kernels of
    `_scaled_dot_product_flash_attention`, `_scaled_dot_product_efficient_attention` and
    `_fused_rms_norm`.
    """

    def __init__(self, moved: Moved) -> None:
        """Report operators that the dispatcher does not see to `moved`."""
        super().__init__()
        self.moved = moved

    def __torch_function__(
        self,
        func: Any,
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is scaled_dot_product_attention:
            return _attention(*args, **kwargs)
        if func in (rms_norm, torch.rms_norm):
            return self._rms_norm(*args, **kwargs)
        return func(*args, **kwargs)

    def _rms_norm(
        self,
        input: torch.Tensor,  # noqa: A002  # torch's name
        normalized_shape: list[int],
        weight: torch.Tensor | None = None,
        eps: float | None = None,
    ) -> torch.Tensor:
        weights = [] if weight is None else [weight]
        if any(tensor.dtype != input.dtype for tensor in weights):
            return rms_norm(input, normalized_shape, weight, eps)  # a GPU does not fuse these
        rows = (*input.shape[: -len(normalized_shape)], *[1] * len(normalized_shape))
        output = torch.empty_like(input)
        deviations = torch.empty(rows, dtype=torch.float32, device=input.device)
        self.moved("_fused_rms_norm", reads=[input, *weights], writes=[output, deviations])
        return output


def _attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    if enable_gqa:
        raise NotImplementedError("grouped-query attention: no model here uses it")
    aten = torch.ops.aten
    half = query.dtype in (torch.bfloat16, torch.float16)
    if half and attn_mask is None and query.shape[-1] <= FLASH_HEAD_DIM:
        outputs = aten._scaled_dot_product_flash_attention(
            query, key, value, dropout_p, is_causal, scale=scale
        )
    else:
        outputs = aten._scaled_dot_product_efficient_attention(
            query, key, value, attn_mask, False, dropout_p, is_causal, scale=scale
        )
    return outputs[0]
