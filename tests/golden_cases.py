"""Every golden: a model at a workload."""

VIDEO = ("wan2-1-ci-tiny", "wan2-1-480p", "wan2-1-720p")

GOLDENS = [
    *(("wan2_1_t2v_1_3b", workload) for workload in VIDEO),
    *(("wan2_1_t2v_14b", workload) for workload in VIDEO),
    ("wan2_1_t2i_14b", "wan2-1-1024-image"),
    *(("wan2_1_i2v_14b", workload) for workload in VIDEO),
    *(("wan2_1_flf2v_14b", workload) for workload in VIDEO),
    *(("wan2_1_vace_1_3b", workload) for workload in VIDEO[:2]),
    *(("wan2_1_vace_14b", workload) for workload in VIDEO),
    ("wan2_2_t2v_a14b", "wan2-1-ci-tiny"),
    ("wan2_2_t2v_a14b", "wan2-2-a14b-720p"),
    ("wan2_2_t2v_a14b", "wan2-2-a14b-lightx2v"),
    ("wan2_2_i2v_a14b", "wan2-2-a14b-480p"),
    ("wan2_2_ti2v_5b", "wan2-1-ci-tiny"),
    ("wan2_2_ti2v_5b", "wan2-2-5b-720p"),
]


def golden_name(model, workload):
    """The golden's file name, without its ending."""
    return f"{model}--{workload}"


NAMES = [golden_name(*case) for case in GOLDENS]


EXECUTIONS = [
    ("wan2_1_t2v_14b", "wan2-1-720p", "ideal", "resident", 1),
    ("wan2_1_t2v_14b", "wan2-1-720p", "official", "official", 1),
    ("wan2_1_t2v_14b", "wan2-1-720p", "official", "official", 8),
    ("wan2_1_t2v_14b", "wan2-1-720p", "diffusers", "resident", 1),
    ("wan2_1_t2v_14b", "wan2-1-720p", "diffusers", "group_offload", 1),
    ("wan2_1_t2v_1_3b", "wan2-1-480p", "official", "official", 1),
    ("wan2_1_t2v_1_3b", "wan2-1-480p", "diffusers", "model_offload", 1),
    ("wan2_1_i2v_14b", "wan2-1-720p", "official", "official", 1),
    ("wan2_1_i2v_14b", "wan2-1-720p", "official", "official", 4),
    ("wan2_1_i2v_14b", "wan2-1-720p", "diffusers", "resident", 1),
    ("wan2_1_flf2v_14b", "wan2-1-ci-tiny", "official", "official", 1),
    ("wan2_1_vace_14b", "wan2-1-480p", "official", "official", 1),
    ("wan2_1_vace_1_3b", "wan2-1-ci-tiny", "diffusers", "resident", 1),
    ("wan2_2_t2v_a14b", "wan2-2-a14b-720p", "official", "official", 1),
    ("wan2_2_t2v_a14b", "wan2-2-a14b-720p", "official", "official", 8),
    ("wan2_2_i2v_a14b", "wan2-2-a14b-480p", "diffusers", "model_offload", 1),
    ("wan2_2_ti2v_5b", "wan2-2-5b-720p", "official", "official", 1),
    ("wan2_2_ti2v_5b", "wan2-2-5b-720p", "diffusers", "resident", 1),
]
"""Every execution that has a golden: model, workload, profile, placement and GPUs."""


def execution_name(case):
    """The golden's file name, without its ending."""
    *names, gpus = case
    return f"{'--'.join(names)}-{gpus}"
