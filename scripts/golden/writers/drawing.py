"""What the generators of golden pixels draw."""

import hashlib
import io

import numpy
from PIL import Image


def drawing(width: int, height: int, seed: int) -> Image.Image:
    """Smooth gradients with edges and noise: what resampling and chroma upsampling can get wrong."""
    generator = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [numpy.sin(x / (3 + c) + seed) + numpy.cos(y / (5 - c)) for c in range(3)]
    pixels = numpy.stack(waves, -1) * 50 + 128 + ((x // 7 + y // 5) % 2 * 40)[..., None]
    return Image.fromarray((pixels + generator.integers(-20, 20, pixels.shape)).clip(0, 255).astype("uint8"))


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def digest(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()
