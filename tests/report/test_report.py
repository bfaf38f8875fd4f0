"""Reports: rows by path, JSON and CSV that say the same, and nothing of the backend but its name."""

import csv
import json
import pickle
import re
from itertools import islice
from xml.etree import ElementTree

import pytest
from attrs import asdict, evolve

from wanmeter import MapOperators, Meter, Report, StageCost, UnknownNameError, get_backend, meter
from wanmeter.cli.output import to_text
from wanmeter.conventions import CONVENTIONS
from wanmeter.report.table import render
from wanmeter.units import BYTES, FLOPS, TRAFFIC, readable

REPORT = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
DOCUMENT = json.loads(REPORT.to_json())


def test_a_module_is_found_by_its_path():
    row = REPORT["transformer/blocks/self_attn"]
    assert (row.name, row.depth, row.copies, row.calls) == ("self_attn", 2, 30, 1)


def test_an_unknown_path_suggests_the_near_one():
    with pytest.raises(UnknownNameError, match="did you mean 'transformer/blocks/self_attn'"):
        REPORT["transformer/blocks/self_atn"]


def test_parts_are_those_of_a_module():
    assert [row.name for row in REPORT.children()] == ["text_encoder", "transformer", "vae_decode"]
    ffn = REPORT.children("transformer/blocks/ffn")
    assert [row.name for row in ffn] == ["up_proj", "act", "down_proj"]
    assert REPORT.children("transformer/blocks/ffn/act") == ()


@pytest.mark.parametrize("path", ["transformer/blocks/fnn", "nope", None, "transformer/"])
def test_parts_of_an_unknown_module_are_refused_as_the_module_is(path):
    with pytest.raises(UnknownNameError) as module:
        REPORT[path]
    with pytest.raises(UnknownNameError) as parts:
        REPORT.children(path)
    assert str(parts.value) == str(module.value)


def test_a_component_that_does_not_run_has_no_stages_and_an_unknown_one_is_refused():
    assert REPORT.running("vae") == ("vae_decode",)
    assert REPORT.running("image_encoder") == ()
    with pytest.raises(UnknownNameError, match="did you mean 'transformer'"):
        REPORT.running("transfomer")


def test_the_modules_that_users_look_for_are_there():
    assert {
        "transformer",
        "transformer/patch_embedding",
        "transformer/time_embedding",
        "transformer/time_projection",
        "transformer/text_embedding",
        "transformer/blocks",
        "transformer/blocks/self_attn/q",
        "transformer/blocks/cross_attn",
        "transformer/blocks/ffn",
        "transformer/head",
    } <= {row.path for row in REPORT.modules}


def test_a_report_is_its_rows():
    assert tuple(REPORT) == REPORT.modules
    assert "transformer/head" in REPORT
    assert "transformer/tail" not in REPORT


def test_a_run_that_takes_images_says_how_many_blocks_of_the_encoder_run():
    document = json.loads(meter("wan2_1_i2v_14b", "wan2-1-ci-tiny").to_json())
    assert document["model"]["components"]["image_encoder"]["layers_run"] == 31


def test_the_transformer_alone_still_names_the_encoder_of_the_images_that_it_attends_to():
    report = meter("wan2_1_i2v_14b", "wan2-1-ci-tiny", stages=["transformer"])
    assert [name for name, _ in report.components] == ["image_encoder", "transformer"]
    alone = meter("wan2_1_t2v_14b", "wan2-1-ci-tiny", stages=["transformer"])
    assert [name for name, _ in alone.components] == ["transformer"]
    assert [name for name, _ in meter("wan2_1_i2v_14b", stages=["vae_decode"]).components] == [
        "vae"
    ]


def test_a_report_is_shown_on_one_line():
    """Of FLOPs and weights, the numbers that `show` prints."""
    report = meter("wan2_1_t2v_14b", "wan2-1-720p")
    assert repr(report) == str(report)
    assert repr(report) == (
        "<Report of wan2_1_t2v_14b: 1 x 1280x720, 81 frames, 50 steps with guidance; 653.0 PFLOP;"
        " 37.47 GiB of weights; layer_impl=shared>"
    )
    blocks = "<Row transformer/blocks: 40 copies, 100 calls, 652.3 PFLOP>"
    assert repr(report["transformer/blocks"]) == blocks
    assert repr(report["vae_decode/clamp"]) == "<Row vae_decode/clamp: 1 copy, 1 call, no FLOPs>"


def test_a_notebook_shows_the_cells_of_the_terminal():
    table = ElementTree.fromstring(f"<body>{REPORT._repr_html_()}</body>")  # it is ours
    head, *rows, last = [[cell.text or "" for cell in row] for row in table.iter("tr")]
    lines = iter(to_text(render(REPORT, depth=0)).splitlines())
    terminal = [next(line for line in lines if line.startswith("module"))]
    terminal += islice(lines, len(REPORT.stages))
    wanted = [re.split(r"  +", line.strip()) for line in terminal]
    assert [["module", *head[1:]], *rows] == wanted
    total = REPORT.total
    assert last == [
        *("total", ""),
        readable(total.flops, FLOPS),
        "100.0%",
        readable(total.io_bytes, TRAFFIC),
        readable(total.weight_bytes, BYTES),
        readable(total.activation_bytes, BYTES),
    ]
    assert max(peak for row, peak in REPORT.peaks if not row.depth) == total.activation_bytes


def test_a_notebook_shows_names_as_text():
    hostile = evolve(REPORT, model=evolve(REPORT.model, name="<img src=x onerror=alert(1)>"))
    assert "<img" not in hostile._repr_html_()
    assert "&lt;img src=x onerror=alert(1)&gt;: 1 x " in hostile._repr_html_()


def test_a_report_survives_pickling():
    assert pickle.loads(pickle.dumps(REPORT)) == REPORT


def test_the_json_layout():
    assert list(DOCUMENT) == [
        "schema",
        "conventions",
        "model",
        "workload",
        "provenance",
        "total",
        "modules",
    ]
    assert DOCUMENT["schema"] == "wanmeter.report/1"
    assert DOCUMENT["conventions"] == CONVENTIONS
    components = DOCUMENT["model"]["components"]
    assert list(components) == ["text_encoder", "transformer", "vae"]
    assert (components["transformer"]["bits"], components["vae"]["bits"]) == (16, 32)
    assert DOCUMENT["provenance"] == {"layer_impl": "shared", "version": REPORT.provenance.version}
    assert DOCUMENT["workload"]["num_inference_steps"] == 1
    assert StageCost(**DOCUMENT["total"]) == REPORT.total


def test_json_rows_are_the_reports_rows():
    assert len(DOCUMENT["modules"]) == len(REPORT.modules)
    for written, row in zip(DOCUMENT["modules"], REPORT.modules, strict=True):
        assert list(written) == ["path", "copies", "calls", "kind", "held_bytes", "cost"]
        assert StageCost(**written.pop("cost")) == row.cost
        assert written == {key: getattr(row, key) for key in written}


def test_only_provenance_tells_the_backends_apart():
    other = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", "wan2_1")
    differing = [
        (ours, theirs)
        for ours, theirs in zip(
            REPORT.to_json().splitlines(), other.to_json().splitlines(), strict=True
        )
        if ours != theirs
    ]
    assert differing == [('    "layer_impl": "shared",', '    "layer_impl": "wan2_1",')]
    assert REPORT.to_json(provenance=False) == other.to_json(provenance=False)


def test_counts_past_64_bits_stay_exact():
    huge = meter("wan2_1_t2v_14b", "wan2-1-720p", batch_size=10**15)
    written = json.loads(huge.to_json())["total"]["flops"]
    assert written == huge.total.flops > 2**64


def test_csv_says_what_json_says():
    lines = REPORT.to_csv().splitlines()
    header = [line for line in lines if line.startswith("#")]
    assert "layer_impl=shared" in header[0]
    assert any(f"io: {CONVENTIONS['io']}" in line for line in header)
    assert any(f"not_modelled: {CONVENTIONS['not_modelled']}" in line for line in header)
    assert any("vector_ops: bias=1, residual=1" in line for line in header)
    rows = list(csv.DictReader(lines[len(header) :]))
    assert [row["path"] for row in rows] == [row.path for row in REPORT.modules]
    for written, row in zip(rows, REPORT.modules, strict=True):
        assert written["kind"] == (row.kind or "")
        for name in ("copies", "calls", "held_bytes"):
            assert int(written[name]) == getattr(row, name)
        for name, count in asdict(row.cost).items():
            assert int(written[name]) == count


def in_8_bits(operator):
    return evolve(operator, weights=tuple(evolve(each, bits=8) for each in operator.weights))


def with_8_bit_weights(*factories):
    """The shared backend, with layers of 8-bit weights."""
    shared = get_backend("shared")
    own = {
        name: lambda spec, name=name: MapOperators(getattr(shared, name)(spec), in_8_bits)
        for name in factories
    }
    return evolve(shared, name="quantised", **own)


def test_element_sizes_are_those_of_the_layers():
    backend = with_8_bit_weights("mlp")
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", backend)
    sizes = report.components.transformer
    assert (sizes.bits, sizes.weight_bits) == (16, None)
    assert "transformer.weight_bits=mixed" in report.caption
    assert Report.from_json(report.to_json()) == report
    assert Meter("wan2_1_t2v_1_3b", backend).report(report.workload) == report


def test_one_element_size_is_stated_whatever_is_configured():
    every = with_8_bit_weights("self_attention", "cross_attention", "mlp")
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", every, transformer="wan2_1_dit_core")
    assert report.components.transformer.weight_bits == 8
    assert "transformer.weight_bits=8" in report.caption


@pytest.mark.parametrize("backend", ["shared", "wan2_1"])
def test_packaged_layers_have_the_configured_element_sizes(backend):
    overrides = ["transformer.bits=8", "transformer.weight_bits=4"]
    theirs = evolve(get_backend(backend), name="theirs")  # whose layers are looked at
    report = meter("wan2_1_vace_1_3b", "wan2-1-ci-tiny", theirs, overrides=overrides)
    sizes = report.components.transformer
    assert (sizes.bits, sizes.weight_bits) == (8, 4)
