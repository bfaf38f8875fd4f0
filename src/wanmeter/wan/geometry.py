"""From pixels to latents to tokens."""

from attrs import evolve, frozen

from wanmeter.wan.workload import Workload

VAE_STRIDE = (4, 8, 8)
"""Frames, rows and columns of pixels a latent. Source: Wan2.1 wan/configs, vae_stride."""
PATCH_SIZE = (1, 2, 2)
"""Latent frames, rows and columns a token. Source: Wan2.1 wan/configs, patch_size."""


@frozen(kw_only=True)
class LatentGrid:
    """The latent video, (frames, height, width), and the grid of tokens over it."""

    frames: int
    height: int
    width: int

    @classmethod
    def of(cls, workload: Workload) -> "LatentGrid":
        """The latents of a workload's video: the first frame alone, then one latent frame for four."""
        return cls(
            frames=(workload.num_frames - 1) // VAE_STRIDE[0] + 1,
            height=workload.height // VAE_STRIDE[1],
            width=workload.width // VAE_STRIDE[2],
        )

    def with_references(self, images: int) -> "LatentGrid":
        """The latents that are denoised: one frame more for each reference image."""
        return evolve(self, frames=self.frames + images)

    @property
    def size(self) -> tuple[int, int, int]:
        """The latent video's (frames, height, width)."""
        return (self.frames, self.height, self.width)

    @property
    def patches(self) -> tuple[int, int, int]:
        """The token grid's (frames, height, width)."""
        return (
            self.frames // PATCH_SIZE[0],
            self.height // PATCH_SIZE[1],
            self.width // PATCH_SIZE[2],
        )

    @property
    def tokens(self) -> int:
        """Tokens of one sample."""
        frames, height, width = self.patches
        return frames * height * width
