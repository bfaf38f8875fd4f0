"""Work from shapes: derived by hand here, and compared with PyTorch's own counter where it is installed."""

import pytest

from wanmeter.calibration.operators import Attention, Convolution, Elementwise, HostCopy, Matmul


def test_a_product_has_two_flops_for_each_pair():
    m, k, n = 7, 11, 13
    assert Matmul(rows=m, inner=k, columns=n, dtype="bf16").work == 2 * m * k * n


def test_attention_is_two_products():
    h, s, d = 3, 17, 8
    q_by_k = h * 2 * s * d * s
    scores_by_v = h * 2 * s * s * d
    made = Attention(kernel="sdpa", tokens=s, heads=h, head_dim=d)
    assert made.work == q_by_k + scores_by_v


def test_a_convolution_is_a_product_for_each_output():
    c, t, h, w, k = 4, 3, 6, 10, 3
    made = Convolution(channels=c, frames=t, height=h, width=w, kernel_size=k, dtype="fp32")
    assert made.work == 2 * (c * t * h * w) * (c * k * k * k)


@pytest.mark.parametrize(
    ("operator", "read", "written"),
    [
        ("copy", 2 * 5 * 9, 2 * 5 * 9),
        ("add", 2 * 5 * 9 + 2 * 9, 2 * 5 * 9),  # a row of 9 besides
        ("cast", 2 * 5 * 9, 4 * 5 * 9),  # float32 is written
    ],
)
def test_bytes_are_those_read_and_those_written(operator, read, written):
    assert Elementwise(operator=operator, rows=5, width=9).work == read + written


def test_a_copy_to_the_device_is_counted_once():
    assert HostCopy(pinned=True, size_bytes=2**30).work == 2**30
