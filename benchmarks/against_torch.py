"""wanmeter beside PyTorch's FlopCounterMode, one run of this file: the same model, workload and number.

Prints a table: each is started in a process of its own, alternately, and medians are shown.
"""

import json
import subprocess
import sys
from statistics import median
from time import perf_counter

ROUNDS = 5

SHARED = """
import json, resource, time
started = time.perf_counter()
def tell(**found):
    found["peak memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))
"""

ASKED = """
first = flops(81)
answered = time.perf_counter()
flops(85)
again = time.perf_counter()
tell(flops=first, **{"import, s": imported - started, "first answer, s": answered - imported,
                     "next answer, s": again - answered})
"""

WANMETER = (
    SHARED
    + """
from wanmeter import Meter, Workload
imported = time.perf_counter()
meter = Meter("wan2_1_t2v_14b", stages=["transformer"])
def flops(num_frames):
    return meter.cost(Workload(num_frames=num_frames, height=720, width=1280,
                               num_inference_steps=1, guidance=False)).flops
"""
    + ASKED
)

ESTIMATE = (
    SHARED
    + """
from wanmeter import Estimator, Workload
imported = time.perf_counter()
estimator = Estimator("wan2_1_t2v_14b", device="h100", stages=["transformer"])
def flops(num_frames):
    workload = Workload(num_frames=num_frames, height=720, width=1280, num_inference_steps=1, guidance=False)
    assert estimator.at(workload).seconds.value > 0
    return 0
"""
    + ASKED
)

TORCH = (
    SHARED
    + """
import torch
from diffusers import WanTransformer3DModel
from torch.utils.flop_counter import FlopCounterMode
imported = time.perf_counter()
with torch.device("meta"):
    model = WanTransformer3DModel(num_attention_heads=40, attention_head_dim=128, num_layers=40, ffn_dim=13824)
def flops(num_frames):
    latents = torch.empty(1, 16, (num_frames - 1) // 4 + 1, 90, 160, device="meta")
    text = torch.empty(1, 512, 4096, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(latents, torch.empty(1, device="meta"), text)
    return counter.get_total_flops()
"""
    + ASKED
)

PYTHON = [sys.executable, "-c", "pass"]
DUMP = [sys.executable, "-m", "wanmeter", "dump", "model=wan2_1_t2v_14b", "workload=wan2-1-720p"]


def measured(script: str) -> dict[str, float]:
    """One process: what it found, how long, and its peak memory."""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure both, alternately, and print the table."""
    scripts = (WANMETER, ESTIMATE, TORCH)
    rounds = [tuple(measured(script) for script in scripts) for _ in range(ROUNDS)]
    assert {each["flops"] for one, _, other in rounds for each in (one, other)} == {
        rounds[0][0]["flops"]
    }
    print(f"FLOPs, both: {rounds[0][0]['flops']:,}\n")
    for name, i in (("Meter", 0), ("Estimator, seconds and peak", 1)):
        print(f"| | {name} | FlopCounterMode | ratio |\n|---|--:|--:|--:|")
        for what in (key for key in rounds[0][0] if key != "flops"):
            ours, theirs = (median(each[side][what] for each in rounds) for side in (i, 2))
            ratio = median(each[2][what] / each[i][what] for each in rounds)
            print(f"| {what} | {ours:,.6f} | {theirs:,.3f} | {ratio:,.0f} |")
        print()
    print("\n`wanmeter dump` from a cold start, and Python alone:\n")
    for name, command in (("wanmeter dump", DUMP), ("python -c pass", PYTHON)):
        print(f"- {name}: {median(timed(command) for _ in range(ROUNDS)):.3f} s")


def timed(command: list[str]) -> float:
    """Seconds that a command takes."""
    started = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - started


if __name__ == "__main__":
    main()
