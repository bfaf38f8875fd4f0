"""Admits requests to a few GPUs by their seconds and their peak memory, before any GPU starts.

A request is refused if it may not fit the card, or if no GPU would finish it before the deadline.
"""

from concurrent.futures import ThreadPoolExecutor

from wanmeter import Estimator, Workload

GPUS, DEADLINE = 2, 45 * 60  # seconds from now
CACHE, CONTEXT = 1.1, 0.7 * 2**30  # around PyTorch's allocator, as `wanmeter estimate` assumes

REQUESTS = [
    Workload(width=width, height=height, num_frames=frames, num_inference_steps=steps)
    for width, height, frames, steps in (
        (1280, 720, 81, 50),
        (832, 480, 81, 50),
        (832, 480, 49, 20),
        (1280, 720, 161, 50),
        (1280, 720, 681, 4),
        (832, 480, 81, 50),
    )
]

estimator = Estimator("t2v-14b", device="h100", profile="diffusers", placement="model_offload")
capacity = estimator.device.capacity_bytes.value

busy_until = [0.0] * GPUS
with ThreadPoolExecutor() as pool:
    for asked, made in zip(REQUESTS, pool.map(estimator.at, REQUESTS), strict=True):
        # The upper ends of the bands: neither a deadline nor a card's memory gives way.
        gpu = min(range(GPUS), key=busy_until.__getitem__)
        done = busy_until[gpu] + made.seconds.high
        needed = made.peak_bytes.high * CACHE + CONTEXT
        if needed > capacity:
            answer = f"refused: may need {needed / 2**30:.1f} GiB"
        elif done > DEADLINE:
            answer = f"refused: may take until minute {done / 60:.0f}"
        else:
            busy_until[gpu] = done
            answer = f"GPU {gpu}, done by minute {done / 60:.0f}"
        size = f"{asked.width}x{asked.height}"
        print(f"{size}, {asked.num_frames} frames, {asked.num_inference_steps} steps: {answer}")
