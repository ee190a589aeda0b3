"""Golden pixels of the ways to read an image that are not torchvision's default: EXIF orientation applied as
PIL.ImageOps.exif_transpose applies it, and resizing as torchvision.transforms.v2 resizes uint8 tensors.

Without --check it writes test/parity/fixtures/reading.json: files as base64, expected RGB bytes as their SHA-256.
"""

import base64
import hashlib
import io

import check_files
import PIL
import torch
import torchvision
from PIL import Image, ImageOps
from torchvision.transforms.v2 import functional
from writers.drawing import decoded, digest, drawing, encoded

PATH = check_files.FIXTURES / "reading.json"
ORIENTATION = 0x0112

# (height, width) of a file and of what it is resized to: shrunk, grown, both, by whole and odd factors, hardly at all; and
# three about where Pillow 13 begins with the height instead of the width.
TENSOR_SIZES = [
    ((37, 45), (16, 20)),
    ((40, 60), (43, 43)),
    ((47, 33), (50, 70)),
    ((17, 120), (24, 24)),
    ((60, 80), (20, 20)),
    ((32, 32), (31, 33)),
    ((5, 150), (7, 3)),
    ((60, 41), (30, 41)),
    ((100, 30), (20, 24)),
    ((40, 60), (12, 48)),
    ((40, 60), (12, 45)),
]


def draw_orientations() -> list[dict[str, object]]:
    cases = []
    for file_format in ("JPEG", "PNG"):
        for orientation in range(1, 9):
            image = drawing(45, 37, orientation)
            exif = image.getexif()
            exif[ORIENTATION] = orientation
            data = encoded(image, file_format, exif=exif)
            upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
            cases.append(
                {
                    "name": f"{file_format} {orientation}",
                    "file": base64.b64encode(data).decode(),
                    "stored": digest(decoded(data)),
                    "size": list(upright.size),
                    "upright": digest(upright),
                }
            )
    return cases


def tensor_digest(pixels: torch.Tensor) -> str:
    """Of [3, H, W] as [H, W, 3]."""
    return hashlib.sha256(pixels.permute(1, 2, 0).contiguous().numpy().tobytes()).hexdigest()


def draw_tensor_resizes() -> list[dict[str, object]]:
    cases = []
    for (height, width), target in TENSOR_SIZES:
        source = drawing(width, height, width)
        pixels = functional.pil_to_tensor(source)
        resized = functional.resize(pixels, list(target), antialias=True)
        side = min(target)
        cases.append(
            {
                "source": base64.b64encode(encoded(source, "PNG")).decode(),
                "height": target[0],
                "width": target[1],
                "rgb": tensor_digest(resized),
                "crop": side,
                "cropped": tensor_digest(functional.center_crop(resized, [side, side])),
                "pillow": digest(functional.resize(source, list(target))),
            }
        )
    return cases


def draw() -> dict[str, object]:
    return {
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "pillow": PIL.__version__},
        "orientations": draw_orientations(),
        "tensorResizes": draw_tensor_resizes(),
    }


if __name__ == "__main__":
    check_files.main({PATH: draw})
