"""Every example runs from any folder, and prints correct numbers."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

from wanmeter import Meter, Workload, configure, estimate, meter

EXAMPLES = Path(__file__).parent.parent / "examples"
T2V_14B = meter("wan2_1_t2v_14b", "wan2-1-720p")
T2V_1_3B = meter("wan2_1_t2v_1_3b", "wan2-1-480p")


def run(example, *arguments, folder, quiet=True):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / example), *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    assert not quiet or done.stderr == ""
    assert os.listdir(folder) == [], "the example left files behind"
    return done.stdout.splitlines()


def test_cost_of_a_run(tmp_path):
    lines = run("cost_of_a_run.py", folder=tmp_path)
    assert lines[0] == f"{T2V_14B.total.flops:,} FLOPs"
    assert lines[1].startswith(f"{T2V_14B.total.params:,} parameters, ")
    assert [line.split(":")[0] for line in lines[3:6]] == [
        "text_encoder",
        "transformer",
        "vae_decode",
    ]


def test_switch_backends(tmp_path):
    lines = run("switch_backends.py", folder=tmp_path)
    flops = f"{T2V_1_3B.total.flops:,} FLOPs"
    assert lines == [f"shared: {flops}", f"wan2_1: {flops}", "every row equal: True"]


def test_step_scaled(tmp_path):
    once, steps, guided = run("step_scaled.py", folder=tmp_path)
    # Four projections of [s, d] x [d, d], and the core's two products of s x s x d.
    s, d = 75_600, 5120
    flops, params = 8 * s * d * d + 4 * s * s * d, 4 * (d * d + d) + 2 * d
    assert once == f"once: {flops:,} FLOPs, {params:,} parameters, 1 call(s)"
    assert steps == f"50 steps: {50 * flops:,} FLOPs, {params:,} parameters, 50 call(s)"
    assert guided == f"guided: {100 * flops:,} FLOPs, {params:,} parameters, 100 call(s)"


def test_hydra_app(tmp_path):
    lines = run("hydra_app/app.py", folder=tmp_path)
    assert lines[0] == f"wan2_1_t2v_14b: {T2V_14B.total.flops:,} FLOPs"
    flops = meter("wan2_1_t2v_1_3b", "wan2-1-720p", num_frames=49).total.flops
    changes = ("gpus=4", "cost.workload.num_frames=49", "model@cost.model=wan2_1_t2v_1_3b")
    lines = run("hydra_app/app.py", *changes, folder=tmp_path)
    assert lines == [
        f"wan2_1_t2v_1_3b: {flops:,} FLOPs",
        f"a GPU of 4: {flops // 4:,} FLOPs",
    ]


def test_sparse_attention(tmp_path):
    dense, sparse = run("sparse_attention.py", folder=tmp_path)
    core = T2V_14B["transformer/blocks/self_attn/core"].cost.flops
    assert dense == f"shared: {T2V_14B.total.flops:,} FLOPs"
    assert sparse == f"sparse: {T2V_14B.total.flops - core * 3 // 4:,} FLOPs"


def test_sweep_on_a_cluster(tmp_path):
    """Workers that a busy machine stops late are told of on standard error."""
    (line,) = run("sweep_on_a_cluster.py", folder=tmp_path, quiet=False)
    costs = Meter("wan2_1_t2v_1_3b")
    base = configure("wan2_1_t2v_1_3b").workload
    pairs = {(4 * (n % 40) + 5, n % 50 + 1) for n in range(12_800)}
    # 200 pairs of frames and steps, each 64 times.
    assert 64 * len(pairs) == 12_800
    flops = 64 * sum(
        costs.cost(evolve(base, num_frames=frames, num_inference_steps=steps)).flops
        for frames, steps in pairs
    )
    mean = flops / 12_800 / 1e15
    assert line == f"12,800 requests: {flops:,} FLOPs, {mean:.1f} PFLOP on average"


def test_sparse_attention_has_a_closed_form():
    scope = runpy.run_path(str(EXAMPLES / "sparse_attention.py"))
    backend, workload = scope["sparse_backend"], T2V_1_3B.workload
    direct = meter("wan2_1_t2v_1_3b", workload, backend)
    assert Meter("wan2_1_t2v_1_3b", backend).report(workload) == direct
    assert direct.total.flops < T2V_1_3B.total.flops


def test_which_gpu(tmp_path):
    lines = run("which_gpu.py", folder=tmp_path)
    assert len(lines) == 12
    misfits = [line.endswith("does not fit") for line in lines]
    prices = [float(line.partition("costs ")[2].partition(",")[0]) for line in lines]
    ranked = list(zip(misfits, prices, strict=True))
    assert ranked == sorted(ranked)
    made = estimate("t2v-14b", "720p", device="a100", overrides=["ulysses_degree=8"])
    price = f"{made.seconds.value * 1.5 * 8 / 3600:.2f}"  # 1.5 for each of 8, an hour
    (line,) = [line for line in lines if line.startswith("8 x a100 ")]
    assert line.endswith(f"costs {price}, fits")
    assert f" {made.seconds.value / 60:.1f} min " in line


def test_admission(tmp_path):
    """Each request goes to the GPU that is free first, unless it may not fit, or may end too late."""
    lines = run("admission.py", folder=tmp_path)

    def highest(**asked):
        chosen = {"device": "h100", "profile": "diffusers", "placement": "model_offload"}
        return estimate("t2v-14b", Workload(**asked), **chosen)

    large = {"width": 1280, "height": 720}
    small = {"width": 832, "height": 480, "num_frames": 81, "num_inference_steps": 50}
    first = highest(**large, num_frames=81, num_inference_steps=50).seconds.high
    second = highest(**small).seconds.high
    third = highest(width=832, height=480, num_frames=49, num_inference_steps=20).seconds.high
    late = second + third + highest(**large, num_frames=161, num_inference_steps=50).seconds.high
    needed = highest(**large, num_frames=681, num_inference_steps=4).device_bytes.high
    assert [line.partition(": ")[2] for line in lines] == [
        f"GPU 0, done by minute {first / 60:.0f}",
        f"GPU 1, done by minute {second / 60:.0f}",
        f"GPU 1, done by minute {(second + third) / 60:.0f}",
        f"refused: may take until minute {late / 60:.0f}",
        f"refused: may need {needed / 2**30:.1f} GiB",
        f"GPU 1, done by minute {(2 * second + third) / 60:.0f}",
    ]


@pytest.mark.parametrize("example", sorted(EXAMPLES.rglob("*.py")), ids=lambda path: path.stem)
def test_every_example_has_a_test(example):
    name = "hydra_app" if example.parent.name == "hydra_app" else example.stem
    assert f"test_{name}" in globals()
