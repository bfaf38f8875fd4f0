"""From pixels to latents to tokens."""

from attrs import evolve, frozen

from wanmeter.models.workload import Workload
from wanmeter.validators import require_progression

Size = tuple[int, int, int]
"""Frames, height, width."""


@frozen(kw_only=True)
class LatentGrid:
    """The latent video, (frames, height, width), and the grid of tokens over it."""

    size: Size
    patch_size: Size

    @property
    def frames(self) -> int:
        """Latent frames."""
        return self.size[0]

    def with_frames(self, more: int) -> "LatentGrid":
        """The same with so many frames more."""
        frames, height, width = self.size
        return evolve(self, size=(frames + more, height, width))

    @property
    def patches(self) -> Size:
        """The token grid's (frames, height, width)."""
        (frames, height, width), (along, down, across) = self.size, self.patch_size
        return frames // along, height // down, width // across

    @property
    def tokens(self) -> int:
        """Tokens of one sample."""
        frames, height, width = self.patches
        return frames * height * width


@frozen(kw_only=True)
class Geometry:
    """How pixels become latents, and latents tokens.

    `vae_stride` is the (frames, rows, columns) of pixels a latent: of the frames the first stands alone.
    `patch_size` is the (frames, rows, columns) of latents a token.
    """

    vae_stride: Size
    patch_size: Size

    def grid(self, workload: Workload) -> LatentGrid:
        """The latents of a workload's video, and its tokens."""
        frames, rows, columns = self.vae_stride
        size = (
            (workload.num_frames - 1) // frames + 1,
            workload.height // rows,
            workload.width // columns,
        )
        return LatentGrid(size=size, patch_size=self.patch_size)

    def video(self, latent_frames: int, rows: int, columns: int) -> Size:
        """The (frames, height, width) of a video of so many latent frames, rows and columns of tokens."""
        height, width = self.sides
        return self.vae_stride[0] * (latent_frames - 1) + 1, height * rows, width * columns

    @property
    def sides(self) -> tuple[int, int]:
        """What the height and the width of a video are multiples of."""
        _, height, width = (
            stride * patch for stride, patch in zip(self.vae_stride, self.patch_size, strict=True)
        )
        return height, width

    def check(self, workload: Workload) -> None:
        """Refuse a video that is not made of whole latents and whole tokens.

        Raises:
            InvalidValueError: it names the nearest valid values.
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
