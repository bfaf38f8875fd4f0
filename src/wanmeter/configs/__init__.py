"""The Hydra configuration groups; another application reaches them as `pkg://wanmeter.configs`."""
