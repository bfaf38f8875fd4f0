"""The same run from either layer backend: composed primitives, or closed forms. The numbers are equal."""

import wanmeter

shared = wanmeter.meter("wan2_1_t2v_1_3b", "wan2-1-480p", layer_impl="shared")
wan2_1 = wanmeter.meter("wan2_1_t2v_1_3b", "wan2-1-480p", layer_impl="wan2_1")

print(f"shared: {shared.total.flops:,} FLOPs")
print(f"wan2_1: {wan2_1.total.flops:,} FLOPs")
print(f"every row equal: {shared.modules == wan2_1.modules}")
