"""The roofline: points are exact work over exact bytes, the roofs are the device's rates."""

import pytest

from tests.render.figures.legible import assert_legible, texts_of
from tests.strategies import EVERY_MODEL
from wanmeter import InvalidValueError, estimate
from wanmeter.execution.pipelines import PIPELINES
from wanmeter.execution.work import ATTENTION
from wanmeter.render.figures.kernel_points import kernel_points
from wanmeter.render.figures.roofline import roofline


def points_of(given):
    return kernel_points(given, given.device, given.terms)


@pytest.mark.parametrize("model", EVERY_MODEL)
@pytest.mark.parametrize("case", [("rtx_4090", "diffusers"), ("a100", "official")])
def test_it_is_legible_for_every_model(model, case):
    device, profile = case
    assert_legible(roofline(estimate(model, "tiny", device=device, profile=profile)))


@pytest.mark.parametrize(
    "texts",
    [
        ["model=t2v-a14b", "device=h100", "ulysses_degree=8"],
        ["model=i2v-14b", "device=a100"],
        ["model=ti2v-5b", "device=rtx_4090"],
        ["model=vace-1.3b", "device=h100"],
    ],
    ids=str,
)
def test_it_is_legible_at_the_usual_workloads(texts):
    sheet = assert_legible(roofline(estimate(overrides=texts)))
    above, below = sheet.axes
    assert (above.get_xscale(), above.get_yscale()) == ("log", "log")
    assert above.get_xlim() == below.get_xlim()


def test_a_point_has_the_flops_of_its_term_and_the_bytes_of_its_kernels():
    given = estimate("t2v-14b", device="h100")
    (point,) = [p for p in points_of(given) if p.rate == "attention.fa3"]
    flops = moved = 0
    for execution, times in PIPELINES["official"](given.plan).passes("transformer"):
        for kernel in execution.kernels:
            if kernel.operator in ATTENTION:
                flops += times * kernel.flops
                moved += times * (kernel.bytes_read + kernel.bytes_written)
    assert (point.flops, point.bytes) == (flops, moved)
    assert point.flops == next(t.work for t in given.terms if t.term == "attention.fa3")


def test_two_experts_are_one_stage():
    given = estimate("t2v-a14b", device="h100")
    (point,) = [p for p in points_of(given) if p.rate == "attention.fa3"]
    own = [term for term in given.terms if term.term == "attention.fa3"]
    assert len(own) == 2
    assert point.stage == "both transformers"
    assert point.seconds == pytest.approx(sum(term.seconds for term in own))


def test_a_text_encoder_on_the_host_has_no_points():
    given = estimate("vace-1.3b", device="h100", overrides=["t5_cpu=true"])
    assert "text_encoder" not in {point.stage for point in points_of(given)}


def test_the_title_states_both_shares():
    given = estimate("t2v-14b", device="h100")
    total, rates = given.seconds.value, given.device.known_rates
    ridge = {name: rate.value / rates["dram"].value for name, rate in rates.items()}
    compute = sum(p.seconds for p in points_of(given) if p.intensity >= ridge[p.rate])
    memory = sum(p.seconds for p in points_of(given) if p.intensity < ridge[p.rate])
    memory += sum(term.seconds for term in given.terms if term.term == "dram")
    assert roofline(given).caption.title == (
        f"{100 * compute / total:.0f} % of the time is compute-bound (attention, matrix products),"
        f" {100 * memory / total:.0f} % memory-bound (element-wise)"
    )


def test_the_title_names_a_large_rest():
    given = estimate("t2i-14b", device="h100")
    copies = sum(term.seconds for term in given.terms if term.term.startswith("host_copy"))
    share = 100 * copies / given.seconds.value
    assert share > 20
    assert roofline(given).caption.title.endswith(f", {share:.0f} % host copies")


def test_the_words_tell_precisions_apart():
    words = roofline(estimate("ti2v-5b", device="h100")).alt
    assert "transformer matrix products (bf16) " in words
    assert "transformer matrix products (fp32) " in words


def test_ridges_are_those_of_the_roofs_that_they_stand_under():
    given = estimate("ti2v-5b", device="h100")
    above, below = texts_of(roofline(given))[0].axes
    rates = given.device.known_rates
    (marked,) = [line.get_xdata()[0] for line in above.lines if list(line.get_ydata()) == [0, 1]]
    assert marked == rates["matmul.bf16"].value / rates["dram"].value
    rows = [label.get_text().split()[-1] for label in below.get_yticklabels()]
    for row, name in enumerate(rows):
        ends = [row - 0.5, row + 0.5]
        own = [line.get_xdata()[0] for line in below.lines if list(line.get_ydata()) == ends]
        assert own == ([rates[name].value / rates["dram"].value] if name in rates else [])


def test_roofs_are_the_devices_rates_and_start_at_their_ridges():
    given = estimate("t2v-14b", device="h100")
    sheet, texts = texts_of(roofline(given))
    axes = sheet.axes[0]
    rates = given.device.known_rates
    memory = rates["dram"].value / 1e12
    lines = [tuple(map(tuple, line.get_xydata())) for line in axes.lines]
    lines = [line[1:] for line in lines if len(line) == 3]  # up to the ridge, and level
    for name in ("matmul.bf16", "attention.fa3"):
        roof = rates[name].value / 1e12
        (start,) = {line[0] for line in lines if line[0][1] == line[-1][1] == pytest.approx(roof)}
        assert start[0] == pytest.approx(roof / memory)
        assert f"{name} {roof:,.3g}" in [text for text, _ in texts]


def test_without_rates_it_is_refused():
    with pytest.raises(InvalidValueError, match="a device with rates"):
        roofline(estimate("t2v-1.3b", "tiny"))


def test_the_same_estimate_gives_the_same_bytes():
    given = estimate("t2v-1.3b", device="h100")
    figures = [roofline(given).to_bytes("svg") for _ in "ab"]
    assert figures[0] == figures[1]
