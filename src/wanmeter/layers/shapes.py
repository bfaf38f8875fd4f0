"""Problem shapes of the operators whose speed depends on more than the bytes that they move."""

from attrs import field, frozen

from wanmeter.validators import positive_int, three_positive_ints


@frozen(kw_only=True)
class MatmulShape:
    """A matrix product: [m, k] @ [k, n] -> [m, n], 2 m n k FLOPs."""

    m: int = field(validator=positive_int)
    n: int = field(validator=positive_int)
    k: int = field(validator=positive_int)


@frozen(kw_only=True)
class AttentionShape:
    """An attention core: `queries` over `keys` in each sample and head, 4 head_dim FLOPs per pair.

    q [batch_size, queries, num_heads, head_dim]; k and v [batch_size, keys, num_kv_heads, head_dim].
    """

    batch_size: int = field(validator=positive_int)
    queries: int = field(validator=positive_int)
    keys: int = field(validator=positive_int)
    num_heads: int = field(validator=positive_int)
    num_kv_heads: int = field(validator=positive_int)
    head_dim: int = field(validator=positive_int)


@frozen(kw_only=True)
class ConvolutionShape:
    """A dense convolution: x [batch_size, in_channels, *input_size] -> y [batch_size, out_channels, *output_size].

    Sizes are (frames, height, width). 2 in_channels prod(kernel_size) FLOPs per output element.
    """

    batch_size: int = field(validator=positive_int)
    in_channels: int = field(validator=positive_int)
    out_channels: int = field(validator=positive_int)
    kernel_size: tuple[int, int, int] = field(validator=three_positive_ints)
    input_size: tuple[int, int, int] = field(validator=three_positive_ints)
    output_size: tuple[int, int, int] = field(validator=three_positive_ints)


Shape = MatmulShape | AttentionShape | ConvolutionShape
