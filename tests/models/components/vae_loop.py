"""The official VAE loops, run on shapes: a second derivation of traffic and peak, step by step.

They do not use layers: they go through `WanVAE_.encode` and `decode` (Wan2.1 wan/modules/vae.py, Wan2.2
wan/modules/vae2_2.py) chunk by chunk with a real cache of frames, and add up what each operator reads and
writes. Float32, one sample.
"""

ELEMENT = 4  # bytes
WIDTHS = (96, 192, 384, 384)
TEMPORAL = (False, True, True)


class Loop:
    """What has been read, written and computed so far, the largest live size, and the cache."""

    def __init__(self):
        self.read = self.written = self.vector = self.peak = 0
        self.cache = {}
        self.around = 0  # elements that are alive around the chunk

    def operator(self, reads, writes, weights=0, vector=0, keeps=0, cached=0, kept=0):
        """One operator on element counts; `keeps` are the module's other live tensors."""
        self.read += ELEMENT * (reads + weights + cached)
        self.written += ELEMENT * (writes + kept)
        self.vector += vector
        live = self.around + keeps + reads + writes + kept + sum(self.cache.values())
        self.peak = max(self.peak, ELEMENT * live)

    def causal_conv(self, name, frames, area, inp, out, keeps=0):
        cached = self.cache.get(name, 0)
        kept = min(2, cached // (inp * area) + frames) * inp * area
        x, y = frames * area * inp, frames * area * out
        self.operator(x, y, 27 * inp * out + out, y, keeps, cached, kept)
        self.cache[name] = kept

    def residual_block(self, name, frames, area, inp, out, shared=False):
        """If x is `shared`, it lives on after the block."""
        x, y = frames * area * inp, frames * area * out
        skip = x
        if inp != out:
            self.operator(x, y, inp * out + out, y)
            skip = y + x if shared else y
        # While the norm reads x, x is the skip; or the shortcut's result waits.
        self.operator(x, x, inp, 4 * x, keeps=y if inp != out else 0)
        self.operator(x, x, 0, 4 * x, keeps=skip)
        self.causal_conv(f"{name}.1", frames, area, inp, out, keeps=skip)
        self.operator(y, y, out, 4 * y, keeps=skip)
        self.operator(y, y, 0, 4 * y, keeps=skip)
        self.causal_conv(f"{name}.2", frames, area, out, out, keeps=skip)
        self.operator(2 * y, y, 0, y, keeps=x if shared and inp != out else 0)

    def middle(self, frames, area, dim):
        x = frames * area * dim
        self.residual_block("middle.0", frames, area, dim, dim)
        self.operator(x, x, dim, 4 * x)
        self.operator(x, 3 * x, 3 * dim * dim + 3 * dim, 3 * x, keeps=x)
        self.operator(3 * x, x, 0, 6 * frames * area * area, keeps=x)
        self.operator(x, x, dim * dim + dim, x, keeps=x)
        self.operator(2 * x, x, 0, x)
        self.residual_block("middle.2", frames, area, dim, dim)

    def head(self, frames, area, inp, out):
        x = frames * area * inp
        self.operator(x, x, inp, 4 * x)
        self.operator(x, x, 0, 4 * x)
        self.causal_conv("head", frames, area, inp, out)

    def downsample(self, name, frames, area, dim, temporal):
        """Returns the frames that leave."""
        x, y = frames * area * dim, frames * area * dim // 4
        self.operator(x, y, 9 * dim * dim + dim, y)
        if not temporal:
            return frames
        if name not in self.cache:
            self.operator(y, 0, kept=y)
            self.cache[name] = y
            return frames
        frame = self.cache[name]
        self.operator(y, y // 2, 3 * dim * dim + dim, y // 2, cached=frame, kept=frame)
        return frames // 2

    def upsample(self, name, frames, area, dim, temporal, narrows=2):
        """Returns the frames that leave; the channels become `narrows` times fewer."""
        x = frames * area * dim
        if temporal and name in self.cache:
            weights = 3 * dim * 2 * dim + 2 * dim
            cached, kept = self.cache[name], 2 * area * dim
            self.operator(x, 2 * x, weights, 2 * x, cached=cached, kept=kept)
            self.cache[name] = kept
            frames, x = 2 * frames, 2 * x
        elif temporal:
            self.cache[name] = 0
        self.operator(x, 4 * x)
        y = 4 * x // narrows
        self.operator(4 * x, y, (9 * dim * dim + dim) // narrows, y)
        return frames


def encode(count, height, width):
    """`count` latent frames of a video."""
    loop, latent = Loop(), height * width // 64
    video = 3 * (4 * (count - 1) + 1) * height * width
    for chunk in range(count):
        frames, area, inp = 4 if chunk else 1, height * width, 3
        moments = 32 * chunk * latent
        loop.around = video - 3 * frames * area + moments  # the chunk is its convolution's own
        loop.causal_conv("in", frames, area, inp, WIDTHS[0])
        loop.around = video + moments
        inp = WIDTHS[0]
        for level, out in enumerate(WIDTHS):
            loop.residual_block(f"{level}.0", frames, area, inp, out)
            loop.residual_block(f"{level}.1", frames, area, out, out)
            inp = out
            if level < 3:
                frames = loop.downsample(f"{level}", frames, area, out, TEMPORAL[level])
                area //= 4
        loop.middle(frames, area, inp)
        loop.head(frames, area, inp, 32)
    loop.cache, loop.around = {}, video
    loop.operator(32 * count * latent, 32 * count * latent, 32 * 32 + 32, 32 * count * latent)
    loop.operator(16 * count * latent, 16 * count * latent, 0, 2 * 16 * count * latent)
    return loop


def decode(count, height, width):
    """`count` latent frames of height x width to a video."""
    loop, latent = Loop(), 16 * height * width
    loop.operator(count * latent, count * latent, 0, 2 * count * latent)
    loop.around = count * latent
    loop.operator(count * latent, count * latent, 16 * 16 + 16, count * latent)
    for chunk in range(count):
        frames, area = 1, height * width
        so_far = 3 * 64 * area * (4 * (chunk - 1) + 1 if chunk else 0)
        loop.around = count * latent + (count - 1 - chunk) * latent + so_far
        loop.causal_conv("in", 1, area, 16, 384)
        loop.around += latent  # the loop's slice of all latents
        loop.middle(1, area, 384)
        inp = 384
        for level, out in enumerate(WIDTHS[::-1]):
            loop.residual_block(f"{level}.0", frames, area, inp, out)
            loop.residual_block(f"{level}.1", frames, area, out, out)
            loop.residual_block(f"{level}.2", frames, area, out, out)
            if level < 3:
                frames = loop.upsample(f"{level}", frames, area, out, TEMPORAL[::-1][level])
                area *= 4
                inp = out // 2
        loop.head(frames, area, 96, 3)
    pixels = 3 * 64 * height * width * (4 * (count - 1) + 1)
    loop.cache, loop.around = {}, count * latent
    loop.operator(pixels, pixels, 0, 2 * pixels)
    return loop


WIDTHS_5B, DECODER_WIDTHS_5B = (160, 320, 640, 640), (1024, 1024, 512, 256)


def encode_5b(count, height, width):
    """`count` latent frames of a video, by the VAE of Wan2.2's 5B: patches of 2 x 2 pixels, shortcuts."""
    loop, latent = Loop(), height * width // 256
    video = 3 * (4 * (count - 1) + 1) * height * width
    loop.operator(video, video)
    for chunk in range(count):
        frames, area = 4 if chunk else 1, height * width // 4
        moments = 96 * chunk * latent
        loop.around = 2 * video - 12 * frames * area + moments
        loop.causal_conv("in", frames, area, 12, WIDTHS_5B[0])
        loop.around = 2 * video + moments
        inp = WIDTHS_5B[0]
        for level, out in enumerate(WIDTHS_5B):
            x, before = frames * area * inp, frames
            loop.residual_block(f"{level}.0", frames, area, inp, out, shared=True)
            loop.around += x
            loop.residual_block(f"{level}.1", frames, area, out, out)
            if level < 3:
                frames = loop.downsample(f"{level}", frames, area, out, TEMPORAL[level])
                area //= 4
            loop.around -= x
            y = frames * area * out
            if level < 3:
                # Each mean is of 4 pixels of as many channels as make one, in time of 2 frames.
                group = inp * 4 * (2 if TEMPORAL[level] else 1) // out
                assert not TEMPORAL[level] or before in (1, 2 * frames)
                loop.operator(x, y, 0, group * y, keeps=y)
            loop.operator(2 * y, y, 0, y)
            inp = out
        loop.middle(frames, area, inp)
        loop.head(frames, area, inp, 96)
    loop.cache, loop.around = {}, video
    loop.operator(96 * count * latent, 96 * count * latent, 96 * 96 + 96, 96 * count * latent)
    loop.operator(48 * count * latent, 48 * count * latent, 0, 2 * 48 * count * latent)
    return loop


def decode_5b(count, height, width):
    """`count` latent frames of height x width to a video, by the VAE of Wan2.2's 5B."""
    loop, latent = Loop(), 48 * height * width
    loop.operator(count * latent, count * latent, 0, 2 * count * latent)
    loop.around = count * latent
    loop.operator(count * latent, count * latent, 48 * 48 + 48, count * latent)
    for chunk in range(count):
        frames, area = 1, height * width
        so_far = 12 * 64 * area * (4 * (chunk - 1) + 1 if chunk else 0)
        loop.around = count * latent + (count - 1 - chunk) * latent + so_far
        loop.causal_conv("in", 1, area, 48, DECODER_WIDTHS_5B[0])
        loop.around += latent
        loop.middle(1, area, DECODER_WIDTHS_5B[0])
        inp = DECODER_WIDTHS_5B[0]
        for level, out in enumerate(DECODER_WIDTHS_5B):
            x, last = frames * area * inp, level == 3
            loop.residual_block(f"{level}.0", frames, area, inp, out, shared=not last)
            loop.around += 0 if last else x
            loop.residual_block(f"{level}.1", frames, area, out, out)
            loop.residual_block(f"{level}.2", frames, area, out, out)
            if not last:
                frames = loop.upsample(f"{level}", frames, area, out, TEMPORAL[::-1][level], 1)
                area *= 4
                loop.around -= x
                y = frames * area * out
                loop.operator(x, y, keeps=y)
                loop.operator(2 * y, y, 0, y)
            inp = out
        loop.head(frames, area, 256, 12)
    pixels = 12 * 64 * height * width * (4 * (count - 1) + 1)
    loop.cache, loop.around = {}, count * latent
    loop.operator(pixels, pixels)
    loop.operator(pixels, pixels, 0, 2 * pixels)
    return loop
