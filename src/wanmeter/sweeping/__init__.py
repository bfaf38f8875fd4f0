"""Sweeps: closed forms evaluated on whole grids of workloads. Needs the extra `sweep`."""
