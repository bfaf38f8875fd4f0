"""Which GPU, and how many of them: a run's time, price and memory on each, the cheapest that fits first."""

from wanmeter import estimate

PRICES = {"h100": 2.5, "a100": 1.5, "rtx_4090": 0.4}  # one GPU for an hour: fill in your own

estimates = [
    (
        f"{gpus} x {device}",
        estimate(
            "t2v-14b",
            "720p",
            device=device,
            price_per_hour=price,
            overrides=[f"ulysses_degree={gpus}"],
        ),
    )
    for device, price in PRICES.items()
    for gpus in (1, 2, 4, 8)
]

# Those that do not fit come last.
ranked = sorted(estimates, key=lambda each: (each[1].verdict == "does not fit", each[1].price))

for gpus, made in ranked:
    low, value, high = (
        each / 60 for each in (made.seconds.low, made.seconds.value, made.seconds.high)
    )
    time = f"{value:5.1f} min ({low:.1f} to {high:.1f})"
    print(f"{gpus:12} {time:25} costs {made.price:.2f}, {made.verdict}")
