"""Printed formulas, evaluated by Python, equal `meter` for every field of every module."""

import pytest
import sympy
from attrs import asdict
from click.testing import CliRunner

from tests.strategies import VIDEO_MODELS
from wanmeter import InvalidValueError, Meter, UnknownNameError, configure, meter
from wanmeter.cli.main import main
from wanmeter.symbolic import Regime
from wanmeter.symbolic.closed_form import COUNTS
from wanmeter.symbolic.formula import formulas, to_python, to_text, used
from wanmeter.symbolic.variables import DIMENSIONS, VARIABLES, dimensions, meanings, variables

GEOMETRY = configure("wan2_1_t2v_1_3b").geometry


def form_of(model, workload=None):
    """The closed form of a model, in the regime of a workload or of the model's own."""
    run = configure(model)
    return Meter(run).form(Regime.of(workload or run.workload, run.geometry))


def python(text, workload):
    """A printed expression, evaluated with ints."""
    return eval(text, {"max": max, "__builtins__": {}}, variables(workload, GEOMETRY))


WORKLOADS = [
    {"num_frames": frames, "guidance": guidance, "height": 400, "width": 272, "text_len": 77}
    for frames in (1, 5, 9, 49)
    for guidance in (True, False)
]


@pytest.mark.parametrize("model", VIDEO_MODELS)
@pytest.mark.parametrize("asked", WORKLOADS, ids=lambda asked: f"{asked['num_frames']} frames")
def test_every_formula_of_every_module_gives_the_number(model, asked):
    references = {"num_reference_images": 1} if "vace" in model else {}
    try:
        report = meter(model, "wan2-1-480p", batch_size=2, **asked, **references)
    except InvalidValueError:
        assert (model, asked["num_frames"]) == ("wan2_1_flf2v_14b", 1)
        return
    form = form_of(model, report.workload)
    for field in COUNTS:
        wanted = {row.path: getattr(row.cost, field) for row in report}
        by_module = formulas(form, field, "module")
        assert python(to_python(by_module, form), report.workload) == wanted
        total = formulas(form, field, "run")
        assert python(to_python(total, form), report.workload) == getattr(report.total, field)


def printed(*arguments):
    done = CliRunner().invoke(main, ["formula", "model=wan2_1_t2v_14b", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_one_pass_of_t2v_14b_at_720p():
    """The number that papers cite: 6,523,436,592,005,120 FLOPs."""
    run = configure(
        "wan2_1_t2v_14b",
        "wan2-1-720p",
        guidance=False,
        num_inference_steps=1,
        stages=["transformer"],
    )
    form = Meter(run).form(Regime.of(run.workload, run.geometry))
    text = to_python(formulas(form, "flops", "run"), form)
    assert python(text, run.workload) == 6_523_436_592_005_120


def test_as_text_it_is_what_it_is_as_python():
    workload = configure("wan2_1_t2v_14b", "wan2-1-720p").workload
    text = printed("--by", "stage").partition("\n\n")[2].splitlines()
    symbols = {name: sympy.Symbol(name) for name in VARIABLES}
    for line, stage in zip(text, meter("wan2_1_t2v_14b", workload).stages, strict=True):
        name, _, formula = line.partition(" = ")
        value = sympy.sympify(formula, locals=symbols).subs(
            {symbols[key]: number for key, number in variables(workload, GEOMETRY).items()}
        )
        assert (name, int(value)) == (stage.path, stage.cost.flops)


def test_peaks_and_roundings_have_all_three_forms():
    options = {"transformer.bits": 3, "transformer.weight_bits": 5}
    overrides = [f"{key}={value}" for key, value in options.items()]
    text = printed(*overrides, "--field", "activation_bytes")
    assert "Max(" in text
    assert "floor(" in text
    latex = printed(*overrides, "--field", "activation_bytes", "--format", "latex")
    assert latex.count(r"\lfloor") == latex.count(r"\rfloor") > 0
    assert r"\max(" in latex
    python = printed(*overrides, "--field", "activation_bytes", "--format", "python")
    assert "max(" in python
    assert " // 8)" in python


def test_the_first_line_says_where_it_holds():
    head = printed(
        "workload.num_frames=5", "workload.guidance=false", "transformer.layer_impl=wan2_1"
    )
    assert head.splitlines()[0] == (
        "flops of wan2_1_t2v_14b; layer_impl=wan2_1; latent frames: 2; without guidance;"
        " no reference images"
    )


def test_a_closed_form_is_shown_on_one_line():
    assert repr(form_of("wan2_1_t2v_1_3b")) == (
        "<ClosedForm of text_encoder, transformer, vae_decode; latent frames: 3 or more; with"
        " guidance; no reference images>"
    )


def test_the_backends_print_the_same():
    one, two = (
        printed(f"transformer.layer_impl={name}", "--by", "module").partition("\n")[2]
        for name in ("shared", "wan2_1")
    )
    assert one == two


def test_with_symbols_for_all_it_is_the_formula_of_any_transformer():
    """Worked out by hand from the layers of a block and around them.

    A block, of N tokens, M of text and width d: q, k, v and o of self-attention take 8 N d^2, its two
    products 4 N^2 d; q and o of cross-attention 4 N d^2, k and v 4 M d^2, its products 4 N M d; the MLP
    4 N d f. Around them: patches in and out 2 N d (64 + 64); the time 2 (256 d + d^2 + 6 d^2); the text
    2 M (4096 d + d^2).
    """
    text = printed("stages=[transformer]", "--symbols", "all")
    head, _, formula = text.partition("\n\ntotal = ")
    assert "; any num_layers, dim, ffn_dim and num_heads; " in head
    assert "with or without guidance" in head
    names = {name: sympy.Symbol(name) for name in VARIABLES}
    g, b, t, big_l, n, m, d, f = (
        names[name]
        for name in (
            *("passes_per_step", "batch", "steps", "num_layers"),
            *("tokens", "text_tokens", "dim", "ffn_dim"),
        )
    )
    block = (
        8 * n * d**2 + 4 * n**2 * d + 4 * n * d**2 + 4 * m * d**2 + 4 * n * m * d + 4 * n * d * f
    )
    around = 2 * n * d * 128 + 2 * (256 * d + 7 * d**2) + 2 * m * (4096 * d + d**2)
    found = sympy.sympify(formula, locals=names)
    assert sympy.expand(found - g * b * t * (big_l * block + around)) == 0
    assert [name for name in DIMENSIONS if f"\n{name}: " in head] == [
        "num_layers",
        "dim",
        "ffn_dim",
    ]


def test_symbols_for_all_of_another_stage_are_refused_in_one_line():
    done = CliRunner().invoke(main, ["formula", "model=t2v-14b", "--symbols", "all"])
    assert done.exit_code != 0
    assert done.output.count("\n") == 1
    assert "stages: got ['text_encoder', " in done.output
    assert "allowed: [transformer] where dimensions are symbols" in done.output


def test_what_does_not_exist_is_refused():
    form = form_of("wan2_1_t2v_1_3b")
    with pytest.raises(UnknownNameError, match="unknown field 'flop'"):
        formulas(form, "flop", "run")
    with pytest.raises(UnknownNameError, match="unknown grouping 'block'"):
        formulas(form, "flops", "block")


def test_only_the_variables_that_are_there_are_explained():
    assert "reference_images" not in printed()
    assert "latent_frames: (num_frames - 1) / 4 + 1\n" in printed("stages=[transformer]")
    assert "tokens" not in printed("stages=[text_encoder]").replace("text_tokens", "")


def test_a_number_is_a_formula_too():
    form = form_of("wan2_1_t2v_1_3b")
    params = formulas(form, "params", "run")
    assert to_text(params, form) == "total = 7173202739\n"
    assert to_python(params, form) == "7173202739\n"
    assert used(params, form) == []


def test_every_variable_is_explained():
    workload = configure("wan2_1_t2v_1_3b").workload
    model = configure("wan2_1_t2v_1_3b").model
    assert list(meanings(GEOMETRY)) == list(VARIABLES)
    assert list(variables(workload, GEOMETRY) | dimensions(model)) == list(VARIABLES)
    assert dimensions(model) == {
        "num_layers": 30,
        "dim": 1536,
        "ffn_dim": 8960,
        "num_heads": 12,
        "head_dim": 128,
    }
    letters = [each.letter for each in VARIABLES.values()]
    assert len(set(letters)) == len(letters)
    assert meanings(GEOMETRY)["latent_frames"] == "(num_frames - 1) / 4 + 1"
    assert meanings(GEOMETRY)["tokens"].endswith("latent_frames latent_height latent_width / 4")
    said = asdict(workload)
    assert variables(workload, GEOMETRY)["text_tokens"] == said["text_len"]
