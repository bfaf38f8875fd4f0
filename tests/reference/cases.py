"""What is measured: every model at its usual workloads, odd sizes and a batch of two; one forward pass."""

from wanmeter import Workload

MODELS = ("wan2_1_t2v_1_3b", "wan2_1_t2v_14b", "wan2_1_t2i_14b")


def one_pass(num_frames, width, height, batch_size=1, text_len=512):
    """A workload of a single forward pass."""
    return Workload(
        batch_size=batch_size,
        num_frames=num_frames,
        height=height,
        width=width,
        num_inference_steps=1,
        guidance=False,
        text_len=text_len,
    )


WORKLOADS = {
    "ci-tiny": one_pass(5, 256, 256, text_len=64),
    "480p": one_pass(81, 832, 480),
    "720p": one_pass(81, 1280, 720),
    "image": one_pass(1, 1024, 1024),
    "odd-narrow": one_pass(13, 208, 976, text_len=77),
    "odd-long": one_pass(161, 1360, 592),
    "batch-2": one_pass(49, 832, 480, batch_size=2),
}
