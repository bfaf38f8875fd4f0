"""The comparison with the real modules; needs the extra `wanmeter[verify]`."""
