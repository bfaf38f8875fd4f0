"""What is measured: every model and component, at usual and at odd sizes; one pass of each stage."""

from attrs import evolve

from wanmeter import Report, Workload, configure

T2V = ("wan2_1_t2v_1_3b", "wan2_1_t2v_14b")
IMAGE = ("wan2_1_i2v_14b", "wan2_1_flf2v_14b")
VACE = ("wan2_1_vace_1_3b", "wan2_1_vace_14b")
A14B = ("wan2_2_t2v_a14b", "wan2_2_i2v_a14b")
TI2V = "wan2_2_ti2v_5b"


def one_pass(num_frames, width, height, batch_size=1, text_len=512, num_reference_images=0):
    """A workload of a single forward pass."""
    return Workload(
        batch_size=batch_size,
        num_frames=num_frames,
        height=height,
        width=width,
        num_inference_steps=1,
        guidance=False,
        text_len=text_len,
        num_reference_images=num_reference_images,
    )


WORKLOADS = {
    "ci-tiny": one_pass(5, 256, 256, text_len=64),
    "tiny": one_pass(5, 256, 256),
    "480p": one_pass(81, 832, 480),
    "720p": one_pass(81, 1280, 720),
    "image": one_pass(1, 1024, 1024),
    "odd-narrow": one_pass(13, 208, 976, text_len=77),
    "odd-short": one_pass(33, 400, 112),
    "odd-long": one_pass(161, 1360, 592),
    "batch-2": one_pass(49, 832, 480, batch_size=2),
    "704p": one_pass(121, 1280, 704),
    "odd-32": one_pass(33, 416, 96, text_len=77),
    "references": one_pass(81, 832, 480, num_reference_images=3),
}

CASES = [
    *(
        ("transformer", model, workload)
        for model in T2V
        for workload in ("ci-tiny", "480p", "720p", "image", "odd-narrow", "odd-long", "batch-2")
    ),
    ("transformer", "wan2_1_t2i_14b", "image"),
    # The real modules take the last 512 tokens of the context for the text's, whatever they are.
    *(
        ("transformer", model, workload)
        for model in IMAGE
        for workload in ("tiny", "480p", "720p", "odd-long", "batch-2")
    ),
    *(
        ("transformer", model, workload)
        for model in VACE
        for workload in ("ci-tiny", "480p", "720p", "odd-narrow", "batch-2", "references")
    ),
    *(
        ("text_encoder", T2V[0], workload)
        for workload in ("ci-tiny", "480p", "odd-narrow", "batch-2")
    ),
    *(("image_encoder", model, workload) for model in IMAGE for workload in ("480p", "batch-2")),
    *(
        (stage, IMAGE[0], workload)
        for stage in ("vae_encode", "vae_decode")
        for workload in ("tiny", "480p", "720p", "image", "odd-narrow", "odd-short", "batch-2")
    ),
    *(
        ("transformer", model, workload)
        for model in A14B
        for workload in ("ci-tiny", "480p", "720p", "odd-narrow", "batch-2")
    ),
    *(
        (stage, TI2V, workload)
        for stage in ("transformer", "vae_encode", "vae_decode")
        for workload in ("ci-tiny", "480p", "704p", "odd-32", "batch-2")
    ),
]


def case_name(stage, model, workload):
    """What a case goes by."""
    return f"{stage}: {model}, {workload}"


NAMES = [case_name(*case) for case in CASES]


def run_of(stage, model, workload, layer_impl="shared"):
    """The run of a case: one pass of one stage; the image encoder in full, as the real one runs."""
    given = WORKLOADS[workload]
    if model == TI2V and stage == "vae_encode":
        given = evolve(given, image=True)
    run = configure(model, given, layer_impl, stages=[stage])
    return evolve(run, image_encoder=evolve(run.image_encoder, layers_run=32))


def report_of(stage, model, workload, layer_impl="shared"):
    """The report of a case."""
    return Report.of(run_of(stage, model, workload, layer_impl))
