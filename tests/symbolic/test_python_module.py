"""Modules that `formula` writes: they run, return what `meter` does, and refuse all else."""

import inspect
import re

import pytest
from attrs import asdict, evolve
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.strategies import heads, workloads
from wanmeter import InvalidValueError, Meter, Report, __version__, configure, meter
from wanmeter.cli.main import main
from wanmeter.cost import COUNTS
from wanmeter.symbolic import Regime
from wanmeter.symbolic.python_module import to_module


def written(*arguments):
    """The module that the command writes."""
    done = CliRunner().invoke(main, ["formula", "--format", "python", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def module(*arguments):
    """The names that the module defines when it runs."""
    names = {}
    exec(compile(written(*arguments), "formula.py", "exec"), names)
    return names


def call(function, run):
    """What a function returns for a run: it takes fields of the workload and the model."""
    given = asdict(run.model) | asdict(run.scheduled(run.workload))
    return function(**{name: given[name] for name in inspect.signature(function).parameters})


MODULES = {}


def module_of(run, field):
    """The module of a run's regime; written once."""
    regime = Regime.of(run.scheduled(run.workload), run.geometry)
    key = run.model.name, field, regime
    if key not in MODULES:
        fields = {key: value for key, value in asdict(run.workload).items() if value is not None}
        overrides = [f"workload.{key}={value}" for key, value in fields.items()]
        model = f"model={run.model.name}"
        MODULES[key] = module(model, *overrides, "--by", "stage", "--field", field)
    return MODULES[key]


@settings(max_examples=30, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    model=st.sampled_from(["wan2_1_t2v_1_3b", "wan2_1_vace_14b", "wan2_2_t2v_a14b"]),
    workload=workloads,
    references=st.integers(0, 2),
    high=st.none() | st.integers(0, 60),
    field=st.sampled_from(["flops", "bytes_read", "activation_bytes"]),
)
def test_its_functions_return_what_meter_does(model, workload, references, high, field):
    experts = {"high_noise_steps": high} if "a14b" in model else {}
    takes = {"num_reference_images": references} if "vace" in model else {}
    try:
        run = configure(model, evolve(workload, **experts, **takes))
    except InvalidValueError:
        assume(False)
    report = Report.of(run)
    made = module_of(run, field)
    for stage in report.stages:
        assert call(made[f"{stage.path}_{field}"], run) == getattr(stage.cost, field)


@pytest.mark.parametrize("field", COUNTS)
def test_with_symbols_for_all_it_costs_any_transformer(field):
    made = module(
        "model=wan2_1_t2v_14b", "stages=[transformer]", "--symbols", "all", "--field", field
    )
    function = made[f"transformer_{field}"]

    @settings(max_examples=8, deadline=None)
    @given(
        workload=workloads, width=heads(), ffn_dim=st.integers(1, 300), layers=st.integers(1, 50)
    )
    def holds(workload, width, ffn_dim, layers):
        assume(workload.num_frames >= 9)
        run = configure("wan2_1_t2v_14b", workload, stages=["transformer"])
        model = evolve(run.model, ffn_dim=ffn_dim, num_layers=layers, **width)
        run = evolve(run, model=model)
        assert call(function, run) == getattr(Report.of(run).total, field)

    holds()


def test_a_run_has_one_function_and_modules_have_one_that_returns_all():
    report = meter("wan2_1_t2v_14b", "wan2-1-720p")
    run = configure("wan2_1_t2v_14b", "wan2-1-720p")
    assert call(module("model=t2v-14b")["total_flops"], run) == report.total.flops
    alone = module("model=t2v-14b", "stages=[vae_decode]")
    assert call(alone["vae_decode_flops"], run) == report["vae_decode"].cost.flops
    every = module("model=t2v-14b", "--by", "module", "--field", "params")
    assert every["params_by_module"]() == {row.path: row.cost.params for row in report}


def test_it_says_what_it_is_of_and_where_it_holds():
    made = module("model=t2v-14b", "num_frames=5", "guidance=false", "stages=[transformer]")
    assert " ".join(made["__doc__"].split()).startswith(
        "flops of wan2_1_t2v_14b; transformer only; layer_impl=shared; latent frames: 2; without"
        " guidance; no reference images."
    )
    assert f"Written by wanmeter {__version__}." in made["__doc__"]
    function = made["transformer_flops"]
    assert "latent frames: 2; without guidance" in function.__doc__
    signature = inspect.signature(function)
    assert signature.return_annotation is int
    assert list(signature.parameters) == [
        "batch_size",
        "height",
        "width",
        "text_len",
        "num_inference_steps",
    ]
    assert {each.annotation for each in signature.parameters.values()} == {int}


T2V = {
    "batch_size": 1,
    "num_frames": 81,
    "height": 720,
    "width": 1280,
    "text_len": 512,
    "num_inference_steps": 50,
}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"num_frames": 5}, "num_frames: got 5; allowed: 9, 13, 17, ..."),
        ({"num_frames": 82}, "num_frames: got 82; allowed: 9, 13, 17, ..."),
        ({"height": 728}, "height: got 728; allowed: 16, 32, 48, ..."),
        ({"width": 0}, "width: got 0; allowed: 16, 32, 48, ..."),
        ({"batch_size": True}, "batch_size: got True; allowed: 1, 2, 3, ..."),
        ({"num_inference_steps": 4.0}, "num_inference_steps: got 4.0; allowed: 1, 2, 3, ..."),
        ({"dim": 5121}, "dim: got 5121; allowed: 80, 160, 240, ..."),
        ({"guidance": 1}, "guidance: got 1; allowed: True, False"),
    ],
)
def test_what_the_formula_does_not_hold_for_is_refused(change, problem):
    made = module(
        "model=t2v-14b", "stages=[transformer]", "--symbols", "all", "--field", "vector_flops"
    )
    given = T2V | {"guidance": True, "dim": 5120, "ffn_dim": 13824, "num_heads": 40}
    given |= {"num_layers": 40}
    made["transformer_vector_flops"](**given)
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        made["transformer_vector_flops"](**given | change)


def test_each_expert_takes_a_step_where_both_do():
    function = module("model=t2v-a14b", "--by", "stage")["transformer_2_flops"]
    assert function(**T2V, high_noise_steps=49) * 2 == function(**T2V, high_noise_steps=48)
    with pytest.raises(ValueError, match="num_inference_steps: got 50; allowed: 51, 52, 53"):
        function(**T2V, high_noise_steps=50)


@pytest.mark.parametrize("title", ['a""" + 1 / 0 # "', "a\\", "\\" * 200, '"' * 200])
def test_a_title_is_text_whatever_is_in_it(title):
    """A model from a folder has the folder's name."""
    run = configure("wan2_1_t2v_1_3b")
    form = Meter(run).form(Regime.of(run.workload, run.geometry))
    names = {}
    exec(to_module({"total": 1}, form, "flops", title), names)
    assert names["__doc__"].startswith(f"{title}.\n\nExact.")
    assert names["total_flops"]() == 1


def test_its_lines_are_short():
    text = written("model=t2v-14b", "--by", "stage", "--field", "bytes_read", "vae.bits=3")
    assert max(map(len, text.splitlines())) <= 100
