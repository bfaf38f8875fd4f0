"""`wanmeter verify` against the real models: everything holds, and a planted fault does not pass."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.strategies import EVERY_MODEL
from tests.test_planted_fault import FAULTS, plant
from wanmeter import configure
from wanmeter.verify import Outcome, verify

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]

CAUSES = ("casts", "copies", "float32", "matrix", "unfused")

PROJECT = Path(__file__).parent.parent.parent
BOTH = ("shared", "wan2_1")


def tiny(model, **overrides):
    """A short run; models that take images are measured at 512 text tokens only."""
    return configure(model, "wan2-1-ci-tiny", text_len=512, **overrides)


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_everything_holds_for_every_model(model):
    made = verify(tiny(model), layer_impls=BOTH)
    assert made.holds
    assert made.count(Outcome.FAILS) == 0
    uncompared = {c.subject for s in made for c in s.checks if c.outcome is Outcome.NOT_COMPARED}
    assert uncompared <= {"vae_encode/normalize", "vae_decode/denormalize"}


@pytest.mark.parametrize(
    ("model", "overrides"),
    [
        ("wan2_1_t2v_1_3b", {"num_inference_steps": 7, "guidance": True}),
        ("wan2_1_t2i_14b", {"num_frames": 1}),
        ("wan2_1_i2v_14b", {"num_frames": 1, "guidance": True}),
        ("wan2_1_flf2v_14b", {"num_frames": 9, "batch_size": 2}),
        ("wan2_1_vace_1_3b", {"num_reference_images": 3, "num_frames": 81}),
        ("wan2_1_vace_1_3b", {"num_reference_images": 1, "num_frames": 1}),
    ],
)
def test_diffusers_pipelines_make_the_passes_that_are_counted(model, overrides):
    from wanmeter.verify.real.observe import observe

    run = tiny(model, **overrides)

    def counts(passes):
        return {stage: {p.num_frames: p.count for p in found} for stage, found in passes.items()}

    stages = run.family.stages_of(run.model, run.workload)
    counted = {stage: run.reference.stages[stage].passes(run) for stage in stages}
    assert counts(observe(run)) == counts(counted)


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_every_row_that_has_flops_or_parameters_is_compared(model):
    from wanmeter import Report
    from wanmeter.verify.costed_run import one_pass

    run = tiny(model)
    targets = ["layers", "text-encoder", "image-encoder", "vae"]
    made = verify(run, targets=targets)
    compared = {
        subject: check.quantity
        for section in made
        for check in section.checks
        for subject in check.subject.split(" + ")
        if check.outcome is Outcome.HOLDS
    }
    for row in Report.of(one_pass(run)):
        if row.cost.flops or row.cost.params:
            assert row.path in compared


@pytest.mark.parametrize(
    "vae",
    [
        {"num_res_blocks": 1},
        {"num_res_blocks": 3, "dim": 16},
        {"dim_mult": (1, 1, 3, 2), "temporal_downsample": (True, False, True)},
        {"temporal_downsample": (True, True, False)},
    ],
)
def test_other_vaes_hold(vae):
    from attrs import evolve

    run = tiny("wan2_1_i2v_14b", num_frames=9)
    run = evolve(run, vae=evolve(run.vae, **vae), stages=["vae_encode", "vae_decode"])
    made = verify(run, targets=["vae", "io", "memory"])
    failing = [c for s in made for c in s.checks if c.outcome is Outcome.FAILS]
    assert failing == []
    assert made.holds


@pytest.mark.parametrize("text_len", [1, 2, 5, 6, 17, 513])
def test_texts_of_any_length_hold(text_len):
    run = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", text_len=text_len)
    assert verify(run, targets=["text-encoder", "io", "memory"]).holds


def test_a_backend_that_lacks_parts_or_has_others_does_not_pass():
    from attrs import evolve

    from wanmeter import LayerBackend, get_backend
    from wanmeter.layers import Linear

    shared = get_backend("shared")

    def one_projection(spec):
        return Linear(
            batch_size=spec.batch_size,
            tokens=spec.tokens,
            in_features=spec.dim,
            out_features=spec.dim,
        )

    theirs = LayerBackend(
        name="theirs",
        self_attention=shared.self_attention,
        cross_attention=shared.cross_attention,
        mlp=one_projection,
    )
    for options in ({}, {"scope": "core"}):
        run = tiny("wan2_1_t2v_1_3b")
        run = evolve(run, layer_impl=theirs, transformer=evolve(run.transformer, **options))
        (layers,) = verify(run, targets=["layers"])
        assert not layers.holds
        reasons = {(c.subject, c.quantity): c.reason for c in layers.checks if c.analytic is None}
        for part in ("up_proj", "down_proj"):
            for quantity in ("flops", "params"):
                row = (f"transformer/blocks/ffn/{part}", quantity)
                assert reasons[row] == "theirs has no such row"


@pytest.mark.parametrize("model", ["wan2_1_i2v_14b", "wan2_1_vace_1_3b"])
@pytest.mark.parametrize(
    ("factory", "changes"), [("cross_attention", "cross_attn/core"), ("mlp", "ffn")]
)
def test_what_a_backend_declares_to_change_is_not_compared_and_the_rest_is(model, factory, changes):
    from attrs import evolve

    from wanmeter import MapOperators, OperatorKind, get_backend

    def half(operator):
        """Of the MLP, the projections; of cross-attention, the core."""
        kind = OperatorKind.ATTENTION if factory == "cross_attention" else OperatorKind.GEMM
        return evolve(operator, flops=operator.flops // 2) if operator.kind is kind else operator

    shared = get_backend("shared")
    own = {factory: lambda spec: MapOperators(getattr(shared, factory)(spec), half)}
    declared = evolve(shared, name="half", changes=[changes], **own)
    targets = ["layers", "end2end", "io", "memory"]

    run = evolve(tiny(model), layer_impl=declared)
    layers, end2end, *bounds = made = verify(run, targets=targets)
    assert all(section.holds for section in made)
    compared = {c.subject for c in (*layers.checks, *end2end.checks) if c.measured is not None}
    below = ("transformer", "transformer/blocks", "total")
    assert {f"{row} without {changes}" for row in below} <= compared
    assert "transformer/blocks/self_attn/core" in compared
    assert f"transformer/blocks/{changes}" not in compared
    reasons = {c.reason for section in bounds for c in section.checks if c.outside}
    assert f"half changes {changes}" in reasons

    elsewhere = evolve(declared, changes=["self_attn"])
    layers, end2end = verify(evolve(run, layer_impl=elsewhere), targets=targets[:2])
    assert not layers.holds
    assert not end2end.holds


def test_what_torch_cannot_have_is_one_line():
    code, text, errors = command("layers", "workload.batch_size=1000000000000")
    assert (code, text) == (2, "")
    assert errors.startswith("Error: the real models cannot run this: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("target", ["io", "memory"])
def test_the_cost_is_a_lower_bound_in_either_precision(target, bits):
    from attrs import evolve

    run = tiny("wan2_1_vace_1_3b", batch_size=2, num_reference_images=1)
    sized = {
        name: evolve(getattr(run, name), bits=bits, weight_bits=bits)
        for name in ("transformer", "text_encoder", "vae")
    }
    assert verify(evolve(run, **sized), targets=[target]).holds


CACHES = ("vae_", "transformer/freqs")


def test_the_causes_add_up_to_the_whole_gap():
    made = verify(tiny("wan2_1_i2v_14b"), targets=["io", "memory"])
    io, memory = made
    by_module = [table for table in io.tables if "bytes moved" in table.title]
    assert len(by_module) == 5
    for table in by_module:
        for row, cost, *causes, traced, _ in table.rows:
            assert cost + sum(causes) == traced
            by_cause = dict(zip(CAUSES, causes, strict=True))
            # What the cost of an operator holds, and copies move: cached frames, the rotary table.
            for cause in ("matrix", "unfused"):
                assert by_cause[cause] + by_cause["copies"] >= 0, row
            assert min(by_cause.values()) >= 0 or row.startswith(CACHES), row
        *parts, whole = table.rows
        for column in range(1, len(table.columns) - 1):
            assert sum(row[column] for row in parts) == whole[column]
    summary, *rest = memory.tables
    for _, cost, wide, kept, traced, _ in summary.rows:
        assert cost + wide + kept == traced
    peaks = {row[0]: row for row in summary.rows}
    for table in rest:
        stage = table.title.partition(":")[0]
        column = 1 if "the modelled peak" in table.title else 4
        assert sum(row[-1] for row in table.rows) == peaks[stage][column]


def test_in_the_transformer_matrix_operators_move_what_the_cost_says():
    """Beyond it the flash kernel alone writes: a log-sum-exp a query and head, and its random state."""
    run = tiny("wan2_1_t2v_1_3b")
    (io,) = verify(run, targets=["io"])
    (table,) = [t for t in io.tables if t.title.startswith("transformer: bytes")]
    matrix = dict(zip(table.columns, table.rows[-1], strict=True))["matrix_bytes"]
    calls = 2 * run.model.num_layers  # self-attention and cross-attention
    tokens = 2 * 16 * 16
    # At the model's width: two bytes where the kernel writes four.
    sums = 2 * calls * tokens * run.model.num_heads
    assert 0 <= matrix - sums <= 64 * calls


def command(*arguments, source=PROJECT / "src"):
    done = subprocess.run(
        [sys.executable, "-m", "wanmeter", "verify", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.returncode, done.stdout, done.stderr


def failing(text):
    return {
        (section["name"], check["subject"], check["quantity"], check["layer_impl"])
        for section in json.loads(text)["sections"]
        for check in section["checks"]
        if check["outcome"] == "fails"
    }


@pytest.mark.parametrize("backend", BOTH)
def test_a_wrong_factor_fails_exactly_the_rows_that_have_it(tmp_path, backend):
    source = tmp_path / "src"
    shutil.copytree(PROJECT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    plant(tmp_path, *FAULTS[backend])
    arguments = ("workload=wan2-1-ci-tiny", "--layer-impl", "both", "--format", "json")

    code, text, _ = command("layers", *arguments, source=source)
    assert code == 1
    above = ("transformer", "transformer/blocks")
    attentions = ("self_attn", "cross_attn")
    rows = [
        *above,
        *(f"transformer/blocks/{name}" for name in attentions),
        *(f"transformer/blocks/{name}/core" for name in attentions),
    ]
    assert failing(text) == {("layers", row, "flops", backend) for row in rows}

    code, text, _ = command("end2end", *arguments, "stages=[transformer]", source=source)
    assert code == 1
    rows = ("transformer", "total")
    assert failing(text) == {("end2end", row, "flops", backend) for row in rows}

    code, text, _ = command("core", *arguments, source=source)
    assert code == 1
    assert {row[3] for row in failing(text)} == {"shared = wan2_1"}


def test_the_command_says_nothing_but_the_report():
    code, text, errors = command("all", "workload=wan2-1-ci-tiny", "--format", "json", "-o", "-")
    assert (code, errors) == (0, "")
    made = json.loads(text)
    assert made["holds"] is True
    assert made["environment"]["torch"].startswith("2.")


def test_a_run_that_cannot_be_measured_does_not_pass():
    code, text, _ = command(
        "layers", "model=wan2_1_i2v_14b", "workload.text_len=64", "--format", "json"
    )
    assert code == 1
    (layers,) = json.loads(text)["sections"]
    assert {check["outcome"] for check in layers["checks"]} == {"not compared"}


def test_a_target_that_the_model_has_nothing_of_is_bad_usage():
    code, text, errors = command("image-encoder", "model=wan2_1_t2v_14b")
    assert (code, text) == (2, "")
    assert errors == (
        "Error: target: got 'image-encoder'; allowed: targets of the run's stages: text_encoder, transformer,"
        " vae_decode\n"
    )
