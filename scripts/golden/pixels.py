"""Golden pixels: small images drawn here and what torchvision's transforms make of them.

Run with torchvision 0.28 and Pillow 13. Without --check it writes test/parity/fixtures/pixels.json; the encoded files go
into it as base64, the expected RGB bytes as their SHA-256 (and as base64 where they are few).
"""

import base64
import hashlib

import numpy
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import functional

import check_files
from writers.drawing import digest, drawing, encoded

PATH = check_files.FIXTURES / "pixels.json"


def draw() -> dict[str, object]:
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
        "resizes": resizes,
        "validations": validations,
        "normalizeTable": hashlib.sha256(table.numpy().tobytes()).hexdigest(),
    }


if __name__ == "__main__":
    check_files.main({PATH: draw})
