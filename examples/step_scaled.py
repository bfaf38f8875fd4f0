"""`StepScaled` wraps any layer: work multiplies by the steps, memory does not."""

from wanmeter import StepScaled
from wanmeter.layers import SelfAttention

attention = SelfAttention(batch_size=1, tokens=75_600, dim=5120, num_heads=40)
fifty_steps = StepScaled(attention, 50)
with_guidance = StepScaled(fifty_steps, 2)

for name, layer in [("once", attention), ("50 steps", fifty_steps), ("guided", with_guidance)]:
    cost = layer.cost
    print(f"{name}: {cost.flops:,} FLOPs, {cost.params:,} parameters, {layer.calls} call(s)")
