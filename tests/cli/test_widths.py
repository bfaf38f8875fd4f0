"""What people see fits their terminal: no line is wider, no word is broken, at any width, of any model."""

import pytest
from click.testing import CliRunner

from wanmeter import estimate, fit, meter
from wanmeter.cli.devices import devices, one_device
from wanmeter.cli.keys import key_table
from wanmeter.cli.main import main
from wanmeter.cli.output import to_text
from wanmeter.estimation import comparison, fit_text
from wanmeter.estimation import text as estimation_text
from wanmeter.estimation.compared import ComparedEstimate
from wanmeter.estimation.comparison import EstimateComparison
from wanmeter.published import Prediction, validate_memory, validate_time
from wanmeter.published import text as published_text
from wanmeter.report import comparison_text, table
from wanmeter.report.comparison import QUANTITIES, Comparison
from wanmeter.report.hotspots import render_hotspots
from wanmeter.verify import text as verify_text
from wanmeter.verify import verify

WIDTHS = (40, 60, 80, 120)

MODELS = ("t2v-14b", "i2v-14b", "vace-1.3b", "wan2_1_t2i_14b", "t2v-a14b", "i2v-a14b", "ti2v-5b")


def shown(*arguments, columns=None):
    """The lines of a command in a terminal of this width; without one, in a pipe."""
    env = {"COLUMNS": columns and str(columns)}
    done = CliRunner(env=env).invoke(main, arguments, prog_name="wanmeter")
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def assert_fits(renderable, monkeypatch):
    """No line is too wide but one of one word, and what is a path or a number stays whole."""
    monkeypatch.delenv("COLUMNS", raising=False)
    whole = words(to_text(renderable))
    for columns in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(columns))
        text = to_text(renderable)
        for line in text.splitlines():
            assert len(line) <= columns or len(line.split()) == 1, line
            assert line == line.rstrip()
        # The line on what is left out has words of its own.
        broken = words(text) - whole - words(" ".join(map(str, range(500))))
        assert not [word for word in broken if not word.isalpha()], broken


def words(text):
    return {word.strip(",;:.") for word in text.split()}


@pytest.mark.parametrize("model", MODELS)
def test_every_table_of_a_model_fits(model, monkeypatch):
    report, fewer, other = meter(model), meter(model, num_inference_steps=4), meter("t2v-1.3b")
    one, two = (estimate(model, device=device) for device in ("h100", "a100"))
    names = (f"model={model}", "model=t2v-1.3b")
    compared = EstimateComparison(first=ComparedEstimate.of(one), second=ComparedEstimate.of(two))
    for made in (
        table.render(report),
        table.render(report, exact=True),
        table.render(report, depth=2),
        render_hotspots(report, top=10),
        comparison_text.render(Comparison(report, fewer), names, top=10),
        comparison_text.render(Comparison(report, fewer), names, QUANTITIES, top=5, exact=True),
        comparison_text.render(Comparison(report, other), names, top=10),
        estimation_text.render(one),
        estimation_text.render(estimate(model)),
        comparison.render(compared, names),
    ):
        assert_fits(made, monkeypatch)


@pytest.mark.parametrize("model", ["t2v-14b", "t2v-a14b"])
def test_a_fit_fits(model, monkeypatch):
    assert_fits(fit_text.render(fit(model, overrides=["device=rtx_4090"])), monkeypatch)


def test_every_other_table_fits(monkeypatch):
    verification = verify(workload="tiny", targets=["core"], layer_impls=["shared", "wan2_1"])
    for made in (
        key_table(),
        devices(),
        one_device("h100_sxm_80gb"),
        verify_text.render(verification),
        verify_text.render(verification, every=True),
        published_text.render(validate_memory(lambda _: GUESS)),
        published_text.render(validate_time()),
    ):
        assert_fits(made, monkeypatch)


GUESS = Prediction(predicted=1000.0, low=900.0, high=1100.0, phase="vae_decode")


def test_the_least_important_columns_go_first():
    """Those of a run, from the widest terminal to a narrow one."""
    header = {
        columns: next(
            line.split()[1:]
            for line in shown("show", "--depth", "1", columns=columns)
            if line.startswith("module ")
        )
        for columns in (100, 80, 60, 50)
    }
    assert header[100] == ["copies", "calls", "FLOPs", "share", "moved", "weights", "peak"]
    assert header[80] == header[100][1:]
    assert header[60] == ["FLOPs", "share", "moved", "peak"]
    assert header[50] == ["FLOPs", "share", "peak"]


def test_a_pipe_has_all_columns_and_a_row_on_each_line():
    rows = shown("list", "keys")
    assert all("  " in row for row in rows)
    assert "B - A" in "\n".join(shown("compare", "workload=480p", "workload=720p"))


def test_a_file_is_as_a_pipe_and_has_no_colours(tmp_path):
    path = tmp_path / "estimate.txt"
    command = ["estimate", "device=h100"]
    env = {"COLUMNS": None, "FORCE_COLOR": "1"}
    assert CliRunner(env=env).invoke(main, [*command, "-o", str(path)]).exit_code == 0
    assert path.read_text().splitlines() == shown(*command)
