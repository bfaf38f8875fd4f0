"""The roofline of a run: modules at their intensities, below the roofs of a device or of some cards."""

import pytest
from click.testing import CliRunner

from tests.render.figures.legible import TINY, assert_legible, texts_of
from tests.strategies import EVERY_MODEL
from wanmeter import InvalidValueError, configure, meter
from wanmeter.cli.main import main
from wanmeter.hardware import Device, device
from wanmeter.render.figures import draw
from wanmeter.render.figures.intensity import CARDS
from wanmeter.render.figures.run_by_backend import RunByBackend

T2V = configure("wan2_1_t2v_14b", "wan2-1-720p")


def ridge(name):
    rates = device(name).known_rates
    return rates["matmul.bf16"].value / rates["dram"].value


def drawn(run, **given):
    (figure,) = draw(run, ["intensity"], **given)
    return figure


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_it_is_legible_for_every_model(model):
    assert_legible(drawn(configure(model), device=device("h20")))


def test_work_is_at_its_intensity_and_under_the_roof():
    given = device("rtx_4090")
    above, below = texts_of(drawn(T2V, device=given))[0].axes
    report = meter("wan2_1_t2v_14b", "wan2-1-720p")
    rates = given.known_rates
    for path, row in (("transformer/blocks/self_attn/core", "self_attn core"), ("vae_decode",) * 2):
        at = report[path].cost.arithmetic_intensity
        rows = [label.get_text() for label in below.get_yticklabels()]
        dots = [line.get_data() for line in below.lines if line.get_marker() == "o"]
        assert (at, rows.index(row)) in [(x[0], y[0]) for x, y in dots]
        reached = min(rates["matmul.bf16"].value, at * rates["dram"].value) / 1e12
        points = [line.get_data() for line in above.lines if line.get_marker() == "o"]
        assert (at, pytest.approx(reached)) in [(x[0], y[0]) for x, y in points]


@pytest.mark.parametrize("card", [None, "rtx_4090", "a100"])
def test_the_title_tells_how_much_is_right_of_the_ridge(card):
    figure = drawn(TINY, device=card and device(card))
    parts = [part.cost for part, *_ in RunByBackend((TINY,)).parts]
    beyond = max(map(ridge, CARDS)) if card is None else ridge(card)
    bound = sum(cost.flops for cost in parts if cost.arithmetic_intensity >= beyond)
    share = 100 * bound / sum(cost.flops for cost in parts)
    assert f"{share:.1f} % of the FLOPs are compute-bound on" in figure.caption.title
    assert figure.caption.title.startswith("At least") is (card is None)


def test_a_share_that_rounds_to_all_is_not_all():
    parts = [part.cost for part, *_ in RunByBackend((TINY,)).parts]
    below = sum(cost.flops for cost in parts if cost.arithmetic_intensity < ridge("h20"))
    assert 0 < below < sum(cost.flops for cost in parts) / 2000
    title = drawn(TINY, device=device("h20")).caption.title
    assert title == "All but <0.1 % of the FLOPs are compute-bound on H20 96 GB"


def test_cards_have_ridges_and_no_dots_but_those_of_modules():
    above, below = texts_of(drawn(T2V))[0].axes
    assert not [line for line in above.lines if line.get_marker() == "o"]
    dots = [line for line in below.lines if line.get_marker() == "o"]
    assert len(dots) == len({line.get_ydata()[0] for line in dots})
    at = {line.get_xdata()[0] for line in above.lines if len(set(line.get_xdata())) == 1}
    assert at == {ridge(name) for name in CARDS}


def test_the_devices_ridge_is_marked_and_named():
    sheet, texts = texts_of(drawn(T2V, device=device("h100")))
    for axes in sheet.axes:
        assert any(set(line.get_xdata()) == {ridge("h100")} for line in axes.lines)
    assert f"ridge: {ridge('h100'):,.0f} FLOPs per byte" in [text for text, _ in texts]


def test_a_device_without_rates_has_no_roof():
    with pytest.raises(InvalidValueError, match="a device with rates"):
        drawn(TINY, device=Device.of_capacity(24))


def test_the_command_takes_a_device(tmp_path):
    path = tmp_path / "intensity.svg"
    arguments = ["workload=tiny", "device=h100", "--figure", "intensity", "-o", str(path)]
    done = CliRunner().invoke(main, ["plot", *arguments])
    assert done.exit_code == 0, done.output
    assert path.read_bytes() == drawn(TINY, device=device("h100")).to_bytes("svg")
