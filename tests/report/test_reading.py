"""Reading a report back: what was written, or one error that says what is wrong and where."""

import json
from copy import deepcopy

import pytest
from attrs import evolve
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.strategies import EVERY_MODEL, workloads
from wanmeter import (
    DocumentError,
    ImageEncoderSpec,
    InvalidValueError,
    LoadedModel,
    Report,
    TextEncoderSpec,
    VaeSpec,
    configure,
    meter,
)
from wanmeter.backends import PACKAGED
from wanmeter.configs import option_names
from wanmeter.cost import COUNTS
from wanmeter.documents import MAX_BYTES

REPORT = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
TEXT = REPORT.to_json()


ROWS = [row.path for row in REPORT]


def edited(*path, value):
    """The report's JSON with one value replaced, or left out where `value` is `...`."""
    document = deepcopy(json.loads(TEXT))
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize("model", EVERY_MODEL)
@pytest.mark.parametrize("layer_impl", ["shared", "wan2_1"])
def test_what_was_written_is_read(model, layer_impl):
    report = meter(model, "wan2-1-480p", layer_impl)
    again = Report.from_json(report.to_json())
    assert again == report
    assert again.to_json() == report.to_json()
    assert again.to_csv() == report.to_csv()


@given(
    model=st.sampled_from(EVERY_MODEL),
    workload=workloads,
    batch_size=st.integers(1, 2**62),
    layer_impl=st.sampled_from(PACKAGED),
    transformer=st.sampled_from(option_names("transformer")),
    bits=st.integers(1, 64),
    data=st.data(),
)
@settings(max_examples=40)
def test_any_report_is_read_back(model, workload, batch_size, layer_impl, transformer, bits, data):
    """Whatever was costed, by whichever backend, far beyond 64 bits: the same record, the same bytes."""
    workload = evolve(workload, batch_size=batch_size)
    try:
        run = configure(model, workload, layer_impl, transformer=transformer)
    except InvalidValueError:  # another geometry's size, or fewer frames than images
        reject()
    run = evolve(run, transformer=evolve(run.transformer, bits=bits, weight_bits=bits))
    stages = [stage.name for stage in run.pipeline().children]
    chosen = data.draw(st.lists(st.sampled_from(stages), unique=True, min_size=1))
    report = Report.of(evolve(run, stages=chosen))
    again = Report.from_json(report.to_json())
    assert again == report
    assert again.to_json() == report.to_json()


ADDED = tuple(name for name in COUNTS if name != "activation_bytes")


@given(
    row=st.integers(0, len(REPORT.modules) - 1),
    field=st.sampled_from(ADDED),
    by=st.integers(-(10**6), 10**20).filter(bool),
)
@settings(max_examples=200)
def test_no_count_can_be_changed_alone(row, field, by):
    """Every row is a part of another, or of the total."""
    value = getattr(REPORT.modules[row].cost, field) + by
    with pytest.raises(DocumentError):
        Report.from_json(edited("modules", row, "cost", field, value=value))


@given(row=st.integers(0, len(REPORT.modules) - 1), by=st.integers(1, 10**20))
def test_no_peak_can_be_raised_above_its_parents(row, by):
    value = max(peak for _, peak in REPORT.peaks) + by
    with pytest.raises(DocumentError):
        Report.from_json(edited("modules", row, "cost", "activation_bytes", value=value))


@pytest.mark.parametrize("stages", [[row.path] for row in meter("wan2_1_i2v_14b").stages])
def test_a_report_of_one_stage_is_read_whatever_the_others_would_be(stages):
    """Components that nothing depends on are not in it; they fit all the same."""
    model = evolve(
        configure("wan2_1_i2v_14b").model, text_dim=96, image_dim=640, out_dim=8, in_dim=20
    )
    loaded = LoadedModel(
        model=model,
        text_encoder=TextEncoderSpec(dim=96),
        image_encoder=ImageEncoderSpec(dim=640),
        vae=VaeSpec(z_dim=8),
    )
    report = meter(loaded, "wan2-1-ci-tiny", stages=stages)
    assert Report.from_json(report.to_json()) == report


@pytest.mark.parametrize("text", [5, None, ["{}"], {}])
def test_a_text_is_wanted(text):
    with pytest.raises(DocumentError, match=r"report: got .*; allowed: a text"):
        Report.from_json(text)


def test_counts_past_64_bits_are_read_exactly():
    huge = meter("wan2_1_t2v_14b", "wan2-1-720p", batch_size=10**15)
    assert Report.from_json(huge.to_json()).total.flops == huge.total.flops > 2**64


CORE = ROWS.index("transformer/blocks/self_attn/core")
CORE_AT = f"report: modules[{CORE}] transformer/blocks/self_attn/core"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TEXT[: len(TEXT) // 2], "report: not JSON: "),
        ("", "report: not JSON: "),
        ("[]", "report: not a JSON object"),
        ("[" * 100_000, "report: not JSON: "),
        (TEXT.replace('"copies": 1,', '"copies": NaN,', 1), "report: not JSON: NaN is"),
        (
            TEXT.replace('"schema"', '"total": 1, "schema"', 1),
            "duplicate key 'total'",
        ),
        (TEXT.replace('"flops": ', '"flops": 1' + "0" * 5000, 1), "report: not JSON: "),
        ("{}", "report: not a report: schema 'none', not 'wanmeter.report/1'"),
        (edited("schema", value="wanmeter.report/0"), "schema 'wanmeter.report/0', not"),
        (
            edited("provenance", value=...),
            "report: has no provenance: it is a golden, not a report",
        ),
        (edited("modules", value=...), "report: 'modules' is missing"),
        (edited("extra", value=1), "report: unknown key 'extra'"),
        (
            edited("conventions", "io", value="each tensor twice"),
            "report: conventions: io: differs from this version's; the report was written by 0.1.0",
        ),
        (
            edited("conventions", "vector_ops", "silu", value=5),
            "conventions: vector_ops: differs from this",
        ),
        (edited("conventions", "io", value=...), "report: conventions: 'io' is missing"),
        (edited("model", value=[]), "report: model: not a JSON object"),
        (edited("model", "dim", value=1536.0), "report: model: dim: got 1536.0; allowed: "),
        (edited("model", "components", "vae", value=...), "model: components: 'vae' is missing"),
        (
            edited("model", "components", "image_encoder", value={}),
            "report: model: components: unknown key 'image_encoder'",
        ),
        (edited("workload", "num_frames", value=0), "report: workload: num_frames: got 0; allowed"),
        (edited("modules", value={}), "report: modules: not a list"),
        (edited("modules", value=[]), "report: modules: empty"),
        (edited("modules", CORE, value=7), f"report: modules[{CORE}]: not a JSON object"),
        (
            edited("modules", CORE, "cost", "flops", value=1.5),
            f"{CORE_AT}: cost: flops: got 1.5; allowed: a non-negative integer",
        ),
        (edited("modules", CORE, "cost", "flops", value=True), f"{CORE_AT}: cost: flops: got True"),
        (edited("modules", CORE, "cost", "flops", value=-1), f"{CORE_AT}: cost: flops: got -1"),
        (
            edited("modules", CORE, "cost", "flops", value=...),
            f"{CORE_AT}: cost: 'flops' is missing",
        ),
        (edited("modules", CORE, "calls", value="1"), f"{CORE_AT}: calls: got '1'"),
        (
            edited("modules", CORE, "kind", value="gem"),
            f"{CORE_AT}: kind: got 'gem'; allowed: gemm",
        ),
        (edited("modules", CORE, "kind", value=[]), f"{CORE_AT}: kind: got []"),
        (
            edited("modules", CORE, "path", value=ROWS[CORE - 1]),
            f"duplicate module {ROWS[CORE - 1]}",
        ),
        (edited("modules", CORE, "path", value=None), f"report: modules[{CORE}]: path: got None"),
        (
            edited("modules", CORE, "path", value="transformer/head/core"),
            "transformer/head/core must come after transformer/head",
        ),
        (
            edited("modules", CORE, "cost", "flops", value=1),
            "report: transformer/blocks/self_attn: flops is",
        ),
        (
            edited("modules", CORE, "kind", value=None),
            "core has neither a kind nor parts; only operators",
        ),
        (
            edited("modules", ROWS.index("transformer/blocks/self_attn"), "kind", value="gemm"),
            "self_attn has a kind, and parts; only operators",
        ),
        (
            edited("conventions", "vector_ops", "bias", value=True),
            "conventions: vector_ops: differs from this",
        ),
        (
            edited("conventions", "vector_ops", "bias", value=1.0),
            "conventions: vector_ops: differs from this",
        ),
        (
            edited("modules", CORE, "cost", "flops", value=10**1200),
            "report: not JSON: a number of 1,201 digits",
        ),
        (edited("total", "params", value=1), "report: total: params is 1, but its parts give"),
        (edited("modules", CORE, "held_bytes", value=10**12), "self_attn: activation_bytes is"),
    ],
)
def test_what_is_not_a_whole_report_is_refused(text, problem):
    with pytest.raises(DocumentError) as caught:
        Report.from_json(text)
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_file_is_read_and_named(tmp_path):
    path = tmp_path / "cost.json"
    path.write_text(TEXT)
    assert Report.from_file(path) == REPORT
    path.write_text(TEXT[:-3])
    with pytest.raises(DocumentError, match=r"cost\.json: not JSON"):
        Report.from_file(path)


def test_what_enters_no_sum_is_taken_as_it_is():
    """Reading checks that a report is consistent, and does not compute it again."""
    document = json.loads(TEXT)
    blocks = ROWS.index("transformer/blocks")
    document["modules"][blocks]["calls"] = 7
    document["workload"]["num_frames"] = 6
    again = Report.from_json(json.dumps(document))
    assert (again[ROWS[blocks]].calls, again.workload.num_frames) == (7, 6)


def test_what_is_no_file_is_not_opened(tmp_path):
    for path, problem in [
        (tmp_path / "none.json", "no such file"),
        (tmp_path, "not a regular file"),
    ]:
        with pytest.raises(DocumentError, match=problem):
            Report.from_file(path)


def test_a_huge_text_is_not_read():
    for text in (TEXT + " " * MAX_BYTES, (TEXT + " " * MAX_BYTES).encode()):
        with pytest.raises(DocumentError, match="report: too large: more than 8,388,608 bytes"):
            Report.from_json(text)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DocumentError, match="too large: more than 8,388,608 bytes"):
        Report.from_file(path)
