"""The operators that only attention has: the fused core and the key-value cache."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.operator import Operator
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.layers.shapes import AttentionShape
from wanmeter.validators import boolean, divisor_of, positive_int


@final
@frozen(kw_only=True)
class AttentionCore(Leaf):
    """`softmax(q k^T / sqrt(head_dim)) v`, fused: scores never reach memory.

    q [batch_size, tokens, num_heads, head_dim]; k and v [batch_size, context_tokens, num_kv_heads,
    head_dim]; the result has q's shape. Every query attends to every key. q k^T has
    `2 batch_size num_heads tokens context_tokens head_dim` FLOPs, and so has the product with v. Reads
    q, k and v; writes the result. `scaled` divides by sqrt(head_dim); `biased` reads and adds a bias
    [num_heads, tokens, context_tokens] shared by all samples.

    Source: torch.utils.flop_counter.sdpa_flop_count; Wan2.1 wan/modules/attention.py, flash_attention.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    context_tokens: int = field(validator=positive_int)
    num_heads: int = field(validator=positive_int)
    num_kv_heads: int = field(validator=[positive_int, divisor_of("num_heads")])
    head_dim: int = field(validator=positive_int)
    scaled: bool = field(default=True, validator=boolean)
    biased: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call; `VECTOR_OPS` gives the operations per score."""
        pairs = self.batch_size * self.num_heads * self.tokens * self.context_tokens
        query = self.batch_size * self.tokens * self.num_heads * self.head_dim
        key = self.batch_size * self.context_tokens * self.num_kv_heads * self.head_dim
        bias = self.num_heads * self.tokens * self.context_tokens
        # q [b,h,s,d] @ k [b,h,t,d]^T -> scores [b,h,s,t]
        scores = 2 * pairs * self.head_dim
        # softmax(scores) [b,h,s,t] @ v [b,h,t,d] -> [b,h,s,d]
        products = 2 * pairs * self.head_dim
        ops = VECTOR_OPS.softmax
        if self.scaled:
            ops += VECTOR_OPS.attention_scale
        if self.biased:
            ops += VECTOR_OPS.attention_bias
        return Operator.of(
            OperatorKind.ATTENTION,
            self.precision,
            flops=scores + products,
            vector_flops=ops * pairs,
            inputs=[query, key, key, bias] if self.biased else [query, key, key],
            outputs=[query],
            shape=AttentionShape(
                batch_size=self.batch_size,
                queries=self.tokens,
                keys=self.context_tokens,
                num_heads=self.num_heads,
                num_kv_heads=self.num_kv_heads,
                head_dim=self.head_dim,
            ),
        )


@final
@frozen(kw_only=True)
class KVCache(Leaf):
    """Copies keys and values [batch_size, tokens, num_kv_heads, head_dim] to a cache that outlives the pass.

    Reads both, writes both. The copy counts as `kv_cache_bytes`, not as activation.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    num_kv_heads: int = field(validator=positive_int)
    head_dim: int = field(validator=positive_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call."""
        elements = self.batch_size * self.tokens * self.num_kv_heads * self.head_dim
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            inputs=[elements, elements],
            kv_cache=[elements, elements],
        )
