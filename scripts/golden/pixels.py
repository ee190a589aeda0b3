"""Golden pixels: small images drawn here, encoded by Pillow, and what Pillow and torchvision make of them.

Run with torchvision 0.28 and Pillow 13. Without --check it writes test/parity/fixtures/pixels.json; the encoded files go
into it as base64, the expected RGB bytes as their SHA-256 (and as base64 where they are few).
"""

import base64
import hashlib
import io

import numpy
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import functional

import check_files

PATH = check_files.FIXTURES / "pixels.json"


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


def digest(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def draw_files() -> dict[str, bytes]:
    rgb = drawing(45, 37, 1)
    alpha = Image.linear_gradient("L").resize(rgb.size)
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    gray_alpha = Image.merge("LA", (rgb.convert("L"), alpha))
    wide_gray = Image.fromarray((numpy.arange(45 * 37).reshape(37, 45) % 700).astype("uint16"))
    palette = rgb.quantize(11)
    files = {
        "jpeg-444": encoded(rgb, "JPEG", subsampling=0, quality=85),
        "jpeg-422": encoded(rgb, "JPEG", subsampling=1, quality=85),
        "jpeg-420": encoded(rgb, "JPEG", subsampling=2, quality=60),
        "jpeg-progressive": encoded(rgb, "JPEG", progressive=True, quality=80),
        "jpeg-gray": encoded(rgb.convert("L"), "JPEG"),
        "jpeg-cmyk": encoded(rgb.convert("CMYK"), "JPEG", quality=90),
        "png-rgb": encoded(rgb, "PNG"),
        "png-rgba": encoded(rgba, "PNG"),
        "png-gray": encoded(rgb.convert("L"), "PNG"),
        "png-gray-alpha": encoded(gray_alpha, "PNG"),
        "png-gray-16": encoded(wide_gray, "PNG"),
        "png-bilevel": encoded(rgb.convert("1"), "PNG"),
        "png-palette-4": encoded(palette, "PNG", bits=4),
        "png-palette-transparent": encoded(palette, "PNG", transparency=3),
    }
    return files


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def draw() -> dict[str, object]:
    images = [
        {"name": name, "file": base64.b64encode(data).decode(), "size": list(decoded(data).size), "rgb": digest(decoded(data))}
        for name, data in draw_files().items()
    ]
    resizes = []
    for width, height, target in [(45, 37, (16, 20)), (90, 61, (64, 64)), (33, 47, (70, 50)), (200, 31, (24, 24))]:
        source = drawing(width, height, width)
        result = functional.resize(source, target)
        resizes.append(
            {
                "source": base64.b64encode(encoded(source, "PNG")).decode(),
                "height": target[0],
                "width": target[1],
                "rgb": digest(result),
            }
        )
    validations = []
    for width, height, resize, crop in [(90, 61, 48, 40), (61, 90, 48, 40), (40, 30, 24, 32), (57, 57, 33, 30)]:
        source = drawing(width, height, height)
        result = functional.center_crop(functional.resize(source, resize), [crop, crop])
        validations.append(
            {
                "source": base64.b64encode(encoded(source, "PNG")).decode(),
                "resize": resize,
                "crop": crop,
                "rgb": digest(result),
            }
        )
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    levels = Image.fromarray(numpy.repeat(numpy.arange(256, dtype="uint8")[None, :, None], 3, 2))
    table = functional.normalize(functional.to_tensor(levels), mean, std)[:, 0, :].T.contiguous()
    return {
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "pillow": PIL.__version__},
        "images": images,
        "resizes": resizes,
        "validations": validations,
        "normalizeTable": hashlib.sha256(table.numpy().tobytes()).hexdigest(),
    }


if __name__ == "__main__":
    check_files.main({PATH: draw})
