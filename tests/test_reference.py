"""Claim: FLOPs and parameters are those of the real modules, to the last unit. Recorded; no torch needed."""

import pytest
from attrs import evolve

from tests.reference.cases import CASES, NAMES, case_name, report_of, run_of
from tests.reference.compared import REFERENCE, compared
from wanmeter import Report, backend_names, configure


@pytest.mark.parametrize("layer_impl", backend_names())
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_module_equals_the_recorded_one(case, layer_impl):
    if layer_impl != "shared" and case[0] != "transformer":
        pytest.skip("backends supply the transformer's layers only")
    measured = REFERENCE["cases"][case_name(*case)]
    for rows, field, cost, recorded in compared(run_of(*case, layer_impl), measured):
        assert cost == recorded, (rows, field)


ONE_OF_EACH = [
    ("transformer", "wan2_1_t2v_1_3b", "ci-tiny"),
    ("transformer", "wan2_1_i2v_14b", "tiny"),
    ("transformer", "wan2_1_flf2v_14b", "tiny"),
    ("transformer", "wan2_1_vace_1_3b", "ci-tiny"),
    ("text_encoder", "wan2_1_t2v_1_3b", "ci-tiny"),
    ("image_encoder", "wan2_1_i2v_14b", "480p"),
    ("vae_encode", "wan2_1_i2v_14b", "tiny"),
    ("vae_decode", "wan2_1_i2v_14b", "tiny"),
    ("transformer", "wan2_2_i2v_a14b", "ci-tiny"),
    ("transformer", "wan2_2_ti2v_5b", "ci-tiny"),
    ("vae_encode", "wan2_2_ti2v_5b", "ci-tiny"),
    ("vae_decode", "wan2_2_ti2v_5b", "ci-tiny"),
]


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=lambda case: case_name(*case))
def test_nothing_that_has_flops_or_parameters_goes_uncompared(case):
    run = run_of(*case)
    report = Report.of(run)
    compared = {row for rows in run.reference.counterparts(run, case[0]) for row in rows}
    compared.discard(case[0])
    for row in report:
        if row.kind and (row.cost.flops or row.cost.params):
            parts = row.path.split("/")
            ancestors = {"/".join(parts[:n]) for n in range(2, len(parts) + 1)}
            assert ancestors & compared, row.path


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=lambda case: case_name(*case))
def test_every_recorded_module_that_does_work_is_compared(case):
    """A module of the real model that no row stands for would be work that is not counted."""
    run = run_of(*case)
    table = run.reference.counterparts(run, case[0])
    compared = {module for counterpart in table.values() for module in counterpart.modules}
    for module, measured in REFERENCE["cases"][case_name(*case)].items():
        if measured["own_flops"]:
            parts = module.split(".")
            ancestors = {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
            assert ancestors & compared, module


# One pass of the official sizes, known from elsewhere: FLOPs, and parameters where they are known.
KNOWN = {
    ("transformer", "wan2_1_t2v_14b", "720p"): (6_523_436_592_005_120, 14_288_491_584),
    ("transformer", "wan2_1_t2v_1_3b", "480p"): (283_001_787_777_024, 1_418_996_800),
    ("transformer", "wan2_1_vace_1_3b", "480p"): (427_003_737_145_344, 2_153_972_032),
    ("transformer", "wan2_1_vace_14b", "480p"): (None, 17_337_592_896),
    ("transformer", "wan2_1_i2v_14b", "480p"): (None, 16_394_878_784),
    ("transformer", "wan2_1_flf2v_14b", "480p"): (None, 16_395_536_704),
    ("text_encoder", "wan2_1_t2v_1_3b", "480p"): (4_844_723_109_888, 5_680_910_336),
    ("vae_encode", "wan2_1_i2v_14b", "720p"): (381_674_137_190_400, None),
    ("vae_decode", "wan2_1_i2v_14b", "720p"): (639_218_375_884_800, None),
}


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case_name(*case))
def test_known_totals(case):
    total, (flops, params) = report_of(*case).total, KNOWN[case]
    assert flops in (None, total.flops)
    assert params in (None, total.params)


def test_the_official_image_encoder_runs_31_blocks_of_32():
    """324,143,836,160 FLOPs an image; the last block and the last norm are loaded all the same."""
    run = configure("wan2_1_i2v_14b", "wan2-1-480p", stages=["image_encoder"])
    official = Report.of(run)
    assert official.total.flops == 324_143_836_160
    spec = evolve(run.image_encoder, layers_run=32)
    in_full = Report.of(evolve(run, image_encoder=spec))
    assert in_full.total.params == official.total.params
    block = official["image_encoder/blocks"].cost.flops // 31
    assert in_full.total.flops == official.total.flops + block
