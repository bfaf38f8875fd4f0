"""What one run of Wan2.1-T2V-14B at 720p costs, and where it goes."""

import wanmeter

report = wanmeter.meter("wan2_1_t2v_14b", "wan2-1-720p")

total = report.total
print(f"{total.flops:,} FLOPs")
print(f"{total.params:,} parameters, {total.weight_bytes / 2**30:.2f} GiB of weights")
print(f"{total.activation_bytes / 2**30:.2f} GiB of activations at the peak")

for stage in report.stages:
    print(f"{stage.name}: {stage.cost.flops / total.flops:.1%} of the FLOPs")

for name in ("self_attn", "cross_attn", "ffn"):
    part = report[f"transformer/blocks/{name}"].cost
    print(f"{name}: {part.flops / total.flops:.1%} of the FLOPs")
