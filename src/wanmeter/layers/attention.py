"""Self- and cross-attention, composed from primitives."""

from functools import cached_property
from typing import Literal, final

from attrs import Attribute, field, frozen
from attrs.validators import optional

from wanmeter.errors import InvalidValueError
from wanmeter.layers.attention_core import KVCache
from wanmeter.layers.embedding import RelativePositionBias
from wanmeter.layers.forward import Composite, Forward, Step
from wanmeter.layers.operator import Tensor
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.layers.primitives import Primitives
from wanmeter.layers.rotary import RotaryEmbedding
from wanmeter.validators import (
    boolean,
    divisor_of,
    non_negative_int,
    one_of,
    positive_int,
)

AttentionType = Literal["mha", "gqa", "mqa"]


@final
@frozen(kw_only=True)
class SelfAttention(Composite):
    """Self-attention on x [batch_size, tokens, dim].

    Projects x to q, k and v, normalises q and k over their full width (`qk_norm`), rotates them
    (`rotary`; the caller keeps the table [tokens, head_dim]), attends and projects back.
    `attention_type` sets the number of key-value heads: num_heads (`mha`), 1 (`mqa`) or
    `num_kv_heads`, a divisor of num_heads (`gqa`). `need_cache_kv` copies k and v to a cache.
    `position_buckets` adds a learned relative position bias to the scores; `scaled=False` omits
    their division by sqrt(head_dim). `head_dim` defaults to `dim / num_heads`.

    Parts: q, k, v, norm_q, norm_k, rope, kv_cache, position_bias, core, o.

    Raises:
        InvalidValueError: num_heads does not divide dim and head_dim is not given, or num_kv_heads does
            not fit attention_type, or is missing for `gqa`.

    Source: Wan2.1 wan/modules/model.py, WanSelfAttention, and wan/modules/t5.py, T5Attention.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=positive_int)
    head_dim: int = field(validator=positive_int)
    attention_type: AttentionType = field(default="mha", validator=one_of(["mha", "gqa", "mqa"]))
    num_kv_heads: int = field(validator=[positive_int, divisor_of("num_heads")])
    qk_norm: bool = field(default=True, validator=boolean)
    rotary: bool = field(default=True, validator=boolean)
    bias: bool = field(default=True, validator=boolean)
    scaled: bool = field(default=True, validator=boolean)
    position_buckets: int | None = field(default=None, validator=optional(positive_int))
    need_cache_kv: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @head_dim.default
    def _equal_share_of_dim(self) -> int:
        if self.dim % self.num_heads:
            allowed = f"a divisor of dim = {self.dim}, unless head_dim is given"
            raise InvalidValueError("SelfAttention.num_heads", self.num_heads, allowed)
        return self.dim // self.num_heads

    @num_kv_heads.default
    def _one_or_all(self) -> int:
        if self.attention_type == "gqa":
            allowed = "a divisor of num_heads; it is required when attention_type is 'gqa'"
            raise InvalidValueError("SelfAttention.num_kv_heads", None, allowed)
        return 1 if self.attention_type == "mqa" else self.num_heads

    @num_kv_heads.validator
    def _suits_attention_type(self, _: "Attribute[int]", value: int) -> None:
        wanted = {"mha": self.num_heads, "mqa": 1, "gqa": value}[self.attention_type]
        if value != wanted:
            allowed = f"{wanted} for attention_type={self.attention_type}"
            raise InvalidValueError("SelfAttention.num_kv_heads", value, allowed)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make = Primitives(batch_size=self.batch_size, precision=self.precision)
        tokens, dim, heads, kv_heads = self.tokens, self.dim, self.num_heads, self.num_kv_heads
        head_dim = self.head_dim
        q_dim, kv_dim = heads * head_dim, kv_heads * head_dim
        query = make.linear(tokens, dim, q_dim, bias=self.bias)
        key = make.linear(tokens, dim, kv_dim, bias=self.bias)
        steps = [
            Step("q", query, reads=("x",), writes=("q",)),
            Step("k", key, reads=("x",), writes=("k",)),
            Step("v", key, reads=("x",), writes=("v",)),
        ]
        if self.qk_norm:
            steps += [
                Step("norm_q", make.rms_norm(tokens, q_dim), reads=("q",), writes=("q",)),
                Step("norm_k", make.rms_norm(tokens, kv_dim), reads=("k",), writes=("k",)),
            ]
        if self.rotary:
            rope = make(
                RotaryEmbedding,
                tokens=tokens,
                num_heads=heads,
                num_kv_heads=kv_heads,
                head_dim=head_dim,
            )
            steps += [Step("rope", rope, reads=("q", "k", "table"), writes=("q", "k"))]
        if self.need_cache_kv:
            cache = make(KVCache, tokens=tokens, num_kv_heads=kv_heads, head_dim=head_dim)
            steps += [Step("kv_cache", cache, reads=("k", "v"))]
        biased = self.position_buckets is not None
        if self.position_buckets is not None:
            bias = RelativePositionBias(
                tokens=tokens,
                num_heads=heads,
                num_buckets=self.position_buckets,
                precision=self.precision,
            )
            steps += [Step("position_bias", bias, writes=("bias",))]
        core = make.attention_core(
            tokens, tokens, heads, kv_heads, head_dim, biased=biased, scaled=self.scaled
        )
        core_reads = ("q", "k", "v", "bias") if biased else ("q", "k", "v")
        output = make.linear(tokens, q_dim, dim, bias=self.bias)
        steps += [
            Step("core", core, reads=core_reads, writes=("attended",)),
            Step("o", output, reads=("attended",)),
        ]
        tensors = dict.fromkeys(("q", "attended"), make.tensor(tokens, q_dim))
        tensors["x"] = make.tensor(tokens, dim)
        tensors |= dict.fromkeys(("k", "v"), make.tensor(tokens, kv_dim))
        tensors["table"] = Tensor(tokens * head_dim, self.precision.bits)
        return Forward(steps=steps, tensors=tensors, borrowed=("table",) if self.rotary else ())


@final
@frozen(kw_only=True)
class CrossAttention(Composite):
    """Cross-attention from x [batch_size, tokens, dim] to a context [batch_size, context_tokens, dim].

    Projects x to q and the context to k and v, normalises q and k over their full width (`qk_norm`),
    attends and projects back. With `image_tokens`, a second context [batch_size, image_tokens, dim] has
    its own projections, norm and core; the two results are added before the last projection. The
    caller keeps both contexts.

    Parts: q, k, v, norm_q, norm_k, k_img, v_img, norm_k_img, core_img, core, add_img, o.

    Raises:
        InvalidValueError: num_heads does not divide dim.

    Source: Wan2.1 wan/modules/model.py, WanT2VCrossAttention and WanI2VCrossAttention.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    context_tokens: int = field(validator=positive_int)
    image_tokens: int = field(default=0, validator=non_negative_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=[positive_int, divisor_of("dim")])
    qk_norm: bool = field(default=True, validator=boolean)
    bias: bool = field(default=True, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make = Primitives(batch_size=self.batch_size, precision=self.precision)
        tokens, context, dim, heads = self.tokens, self.context_tokens, self.dim, self.num_heads
        project = make.linear(tokens, dim, dim, bias=self.bias)
        project_context = make.linear(context, dim, dim, bias=self.bias)
        steps = [
            Step("q", project, reads=("x",), writes=("q",)),
            Step("k", project_context, reads=("context",), writes=("k",)),
            Step("v", project_context, reads=("context",), writes=("v",)),
        ]
        if self.qk_norm:
            steps += [
                Step("norm_q", make.rms_norm(tokens, dim), reads=("q",), writes=("q",)),
                Step("norm_k", make.rms_norm(context, dim), reads=("k",), writes=("k",)),
            ]
        core = make.attention_core(tokens, context, heads, heads, dim // heads)
        if self.image_tokens:
            steps += self._image_steps(make)
        steps += [Step("core", core, reads=("q", "k", "v"), writes=("attended",))]
        if self.image_tokens:
            add = make.residual_add(tokens, dim)
            steps += [Step("add_img", add, reads=("attended", "img"), writes=("attended",))]
        steps += [Step("o", project, reads=("attended",))]
        tensors = dict.fromkeys(("x", "q", "attended", "img"), make.tensor(tokens, dim))
        tensors |= dict.fromkeys(("context", "k", "v"), make.tensor(context, dim))
        images = make.tensor(self.image_tokens, dim)
        tensors |= dict.fromkeys(("context_img", "k_img", "v_img"), images)
        borrowed = ("context", "context_img") if self.image_tokens else ("context",)
        return Forward(steps=steps, tensors=tensors, borrowed=borrowed)

    def _image_steps(self, make: Primitives) -> list[Step]:
        """The steps that attend to the image tokens."""
        images, dim, heads = self.image_tokens, self.dim, self.num_heads
        project = make.linear(images, dim, dim, bias=self.bias)
        steps = [
            Step("k_img", project, reads=("context_img",), writes=("k_img",)),
            Step("v_img", project, reads=("context_img",), writes=("v_img",)),
        ]
        if self.qk_norm:
            norm = make.rms_norm(images, dim)
            steps += [Step("norm_k_img", norm, reads=("k_img",), writes=("k_img",))]
        core = make.attention_core(self.tokens, images, heads, heads, dim // heads)
        steps += [Step("core_img", core, reads=("q", "k_img", "v_img"), writes=("img",))]
        return steps
