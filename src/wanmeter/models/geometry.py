"""Sizes of a video in pixels, latents and tokens."""

from attrs import evolve, frozen

from wanmeter.models.workload import Workload
from wanmeter.validators import require_progression

Size = tuple[int, int, int]
"""Frames, height, width."""


@frozen(kw_only=True)
class LatentGrid:
    """The size of a latent video, (frames, height, width), and its grid of tokens."""

    size: Size
    patch_size: Size

    @property
    def frames(self) -> int:
        """Latent frames."""
        return self.size[0]

    def with_frames(self, more: int) -> "LatentGrid":
        """The same grid with `more` additional frames."""
        frames, height, width = self.size
        return evolve(self, size=(frames + more, height, width))

    @property
    def patches(self) -> Size:
        """The token grid's (frames, height, width)."""
        (frames, height, width), (along, down, across) = self.size, self.patch_size
        return frames // along, height // down, width // across

    @property
    def tokens(self) -> int:
        """Tokens per sample."""
        frames, height, width = self.patches
        return frames * height * width


@frozen(kw_only=True)
class Geometry:
    """How pixels become latents, and latents become tokens.

    `vae_stride` is the (frames, rows, columns) of pixels per latent; the first frame has a latent of its
    own. `patch_size` is the (frames, rows, columns) of latents per token.
    """

    vae_stride: Size
    patch_size: Size

    def grid(self, workload: Workload) -> LatentGrid:
        """The latent grid of a workload's video."""
        frames, rows, columns = self.vae_stride
        size = (
            (workload.num_frames - 1) // frames + 1,
            workload.height // rows,
            workload.width // columns,
        )
        return LatentGrid(size=size, patch_size=self.patch_size)

    def video(self, latent_frames: int, rows: int, columns: int) -> Size:
        """The size in pixels of a video with these numbers of latent frames, token rows and token columns."""
        height, width = self.sides
        return self.num_frames(latent_frames), height * rows, width * columns

    def num_frames(self, latent_frames: int) -> int:
        """The frames of a video with this number of latent frames."""
        return self.vae_stride[0] * (latent_frames - 1) + 1

    @property
    def sides(self) -> tuple[int, int]:
        """The pixels of which a video's height and width must be multiples."""
        _, height, width = (
            stride * patch for stride, patch in zip(self.vae_stride, self.patch_size, strict=True)
        )
        return height, width

    def check(self, workload: Workload) -> None:
        """Refuse a video that is not made of whole latents and whole tokens.

        Raises:
            InvalidValueError: with the nearest valid values.
        """
        stride, patch = self.vae_stride[0], self.patch_size[0]
        first, step = stride * (patch - 1) + 1, stride * patch
        some = ", ".join(str(first + step * k) for k in range(3))
        require_progression(
            "workload.num_frames",
            workload.num_frames,
            first=first,
            step=step,
            allowed=f"{step}k + {first}: {some}, ..., {first + 20 * step}, ...",
        )
        for axis, side in zip(("height", "width"), self.sides, strict=True):
            require_progression(
                f"workload.{axis}",
                getattr(workload, axis),
                first=side,
                step=side,
                allowed=f"a positive multiple of {side}",
            )
