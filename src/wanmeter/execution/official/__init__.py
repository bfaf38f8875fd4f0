"""The official program: each component's forward pass, line by line."""

from collections.abc import Mapping
from types import MappingProxyType

from wanmeter.execution.execution import Program
from wanmeter.execution.official.image_encoder import image_encoder
from wanmeter.execution.official.text_encoder import text_encoder
from wanmeter.execution.official.transformer import Transformer
from wanmeter.execution.official.vae import vae_decode, vae_encode


def programs(*, ranks: int = 1, t_of_tokens: bool = False) -> Mapping[str, Program]:
    """The program of each stage, with a sequence divided among `ranks` GPUs.

    `t_of_tokens` is how Wan2.2's 5B is called, whose first frame may be given: each token has a time.
    """
    transformer = Transformer(ranks=ranks, t_of_tokens=t_of_tokens)
    return MappingProxyType(
        {
            "text_encoder": text_encoder,
            "image_encoder": image_encoder,
            "vae_encode": vae_encode,
            "transformer": transformer,
            "transformer_2": transformer,
            "vae_decode": vae_decode,
        }
    )


PROGRAMS = programs()
"""The program of each stage on one GPU."""
