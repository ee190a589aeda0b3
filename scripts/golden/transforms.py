"""Golden pixels of torchvision's transforms on PIL images, at explicit parameters.

Run with torchvision 0.28 and Pillow 13. Without --check it writes test/parity/fixtures/transforms/{pixels,augment,
magnitudes,erasing}.json. An image is stored once, as base64 of its bytes [height, width, 3]; of each result there is its
size and the first 12 hex digits of the SHA-256 of its bytes. Real numbers are hexadecimal text.
"""

import base64
import hashlib
import itertools

import numpy
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode, RandAugment, TrivialAugmentWide, autoaugment, functional

import check_files

FOLDER = check_files.FIXTURES / "transforms"
INTERPOLATIONS = {"nearest": InterpolationMode.NEAREST, "bilinear": InterpolationMode.BILINEAR}
FILL = (30, 144, 255)


def drawing(width: int, height: int, seed: int) -> Image.Image:
    """Waves of every hue with noise, a dark and a light corner."""
    generator = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [numpy.sin((x + seed) / (4 + c)) + numpy.cos(y / (6 - c) + c) for c in range(3)]
    pixels = numpy.stack(waves, -1) * 70 + 128 + generator.integers(-30, 30, (height, width, 3))
    pixels[: height // 4, : width // 4] //= 4
    pixels[height - height // 4 :, width - width // 4 :] += 90
    return Image.fromarray(pixels.clip(0, 255).astype("uint8"))


def flat(width: int, height: int, color: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGB", (width, height), color)


def dull(width: int, height: int) -> Image.Image:
    """Values of a narrow range, of which one is rare: what autocontrast and equalize stretch."""
    pixels = numpy.random.default_rng(5).integers(100, 140, (height, width, 3))
    pixels[0, 0] = 90
    return Image.fromarray(pixels.astype("uint8"))


IMAGES = {
    "odd": drawing(37, 29, 1),
    "square": drawing(32, 32, 2),
    "dull": dull(20, 15),
    "flat": flat(9, 6, (200, 90, 17)),
    "pixel": flat(1, 1, (12, 250, 99)),
    "row": drawing(13, 1, 3),
    "column": drawing(1, 11, 4),
    "two": drawing(2, 2, 6),
}


def stored(image: Image.Image) -> dict[str, object]:
    return {"width": image.width, "height": image.height, "rgb": base64.b64encode(image.tobytes()).decode()}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def hexadecimal(values: list[float]) -> str:
    return " ".join(float(value).hex() for value in values)


def result(image: Image.Image) -> dict[str, object]:
    return {"width": image.width, "height": image.height, "digest": digest(image.tobytes())}


def each(operation: str, arguments: list[list[float]], apply) -> list[dict[str, object]]:
    """`apply(image, *arguments)` for every image and argument list."""
    return [
        {"operation": operation, "image": name, "arguments": hexadecimal(given), **result(apply(image, *given))}
        for (name, image), given in itertools.product(IMAGES.items(), arguments)
    ]


def rotations() -> list[dict[str, object]]:
    cases = []
    angles = [0, 90, 180, 270, -90, 360, 17, -17.25, 45, 133.7, -200.5, 0.01]
    for name, angle, (mode, interpolation), expand in itertools.product(
        ("odd", "square", "two", "pixel", "row"), angles, INTERPOLATIONS.items(), (False, True)
    ):
        for center in (None, (3.5, -2.0)) if name in ("odd", "square") else (None,):
            turned = functional.rotate(IMAGES[name], float(angle), interpolation, expand, center, FILL)
            arguments = [angle, expand, *(center or ())]
            cases.append(
                {"operation": f"rotate-{mode}", "image": name, "arguments": hexadecimal(arguments), **result(turned)}
            )
    return cases


def paddings() -> list[dict[str, object]]:
    cases = []
    for mode in ("constant", "edge", "reflect", "symmetric"):
        paddings_of_mode = [[3, 3, 3, 3], [5, 0, 2, 9], [0, 1, 0, 0], [40, 33, 70, 31]]

        def pad(image, *padding, mode=mode):
            return functional.pad(image, [int(p) for p in padding], FILL, mode)

        cases += each(f"pad-{mode}", paddings_of_mode, pad)

        def crop_padded(image, padding, needed_x, needed_y, top, left, height, width, mode=mode):
            """RandomCrop's way: padding, then what the width lacks, then what the height lacks, then the crop."""
            image = functional.pad(image, [int(padding)] * 4, FILL, mode)
            image = functional.pad(image, [int(needed_x), 0], FILL, mode)
            image = functional.pad(image, [0, int(needed_y)], FILL, mode)
            return functional.crop(image, int(top), int(left), int(height), int(width))

        crops = [[2, 0, 0, 1, 0, 4, 3], [2, 5, 0, 0, 3, 5, 9], [1, 3, 7, 5, 1, 9, 7]]
        cases += each(f"crop-{mode}", crops, crop_padded)
    return cases


def draw_pixels() -> dict[str, object]:
    factors = [[0.0], [0.35], [1.0], [1.3], [2.75]]
    cases = [
        *each("brightness", factors, functional.adjust_brightness),
        *each("contrast", factors, functional.adjust_contrast),
        *each("saturation", factors, functional.adjust_saturation),
        *each("sharpness", factors, functional.adjust_sharpness),
        *each("hue", [[-0.5], [-0.21], [0.0], [0.003], [0.1], [0.37], [0.5]], functional.adjust_hue),
        *each("grayscale", [[]], lambda image: functional.rgb_to_grayscale(image, 3)),
        *each("posterize", [[bits] for bits in range(1, 9)], lambda image, bits: functional.posterize(image, int(bits))),
        *each("solarize", [[0.0], [77.3], [128.0], [255.0], [256.0]], functional.solarize),
        *each("autocontrast", [[]], functional.autocontrast),
        *each("equalize", [[]], functional.equalize),
        *each("horizontal-flip", [[]], functional.hflip),
        *each("vertical-flip", [[]], functional.vflip),
        *rotations(),
        *paddings(),
    ]
    # All hues, saturations and values that 8 bits can hold in steps of 5, as one image.
    levels = numpy.arange(0, 256, 5, dtype="uint8")
    cube = numpy.stack(numpy.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(levels.size, -1, 3)
    hues = " ".join(
        digest(functional.adjust_hue(Image.fromarray(cube), shift / 255).tobytes()) for shift in range(-127, 128, 11)
    )
    return {
        "versions": {"torchvision": torchvision.__version__, "pillow": PIL.__version__},
        "images": {name: stored(image) for name, image in IMAGES.items()},
        "cases": cases,
        "hues": hues,
    }


SPACES = {"randAugment": RandAugment(), "trivialAugmentWide": TrivialAugmentWide()}
BINS = 31


def augmentation_space(name: str, bins: int, width: int, height: int) -> dict[str, tuple[torch.Tensor, bool]]:
    if name == "randAugment":
        return SPACES[name]._augmentation_space(bins, (height, width))
    return SPACES[name]._augmentation_space(bins)


def draw_augment() -> dict[str, object]:
    """Every operation at every magnitude and sign, the digests of one line in the order of the magnitudes."""
    lines = []
    for (space, image_name), (mode, interpolation) in itertools.product(
        itertools.product(SPACES, ("odd", "square", "two", "pixel")), INTERPOLATIONS.items()
    ):
        image = IMAGES[image_name]
        for operation, (magnitudes, signed) in augmentation_space(space, BINS, *image.size).items():
            moves = operation.startswith(("Shear", "Translate", "Rotate"))
            if mode == "bilinear" and not moves:
                continue
            values = magnitudes.tolist() if magnitudes.ndim > 0 else [0.0]
            for sign in (1, -1) if signed else (1,):
                results = [
                    autoaugment._apply_op(image, operation, sign * float(value), interpolation, list(FILL)) for value in values
                ]
                lines.append(
                    {
                        "space": space,
                        "image": image_name,
                        "operation": operation,
                        "interpolation": mode,
                        "sign": sign,
                        "digests": " ".join(digest(result.tobytes()) for result in results),
                    }
                )
    return {"lines": lines}


def draw_magnitudes() -> dict[str, object]:
    return {
        f"{space} {bins}": {
            operation: hexadecimal(magnitudes.tolist() if magnitudes.ndim > 0 else [0.0])
            for operation, (magnitudes, _) in augmentation_space(space, bins, 500, 333).items()
        }
        for space, bins in itertools.product(SPACES, (2, 3, 10, 16, 31, 40))
    }


def draw_erasing() -> dict[str, object]:
    """toTensor, then normalize and erasures in different orders: float32 [3, height, width], little endian."""
    image = IMAGES["odd"]
    tensor = functional.to_tensor(image)
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

    def normalized(t):
        return functional.normalize(t, mean, std)

    def erased(t, i, j, h, w, value):
        return functional.erase(t, i, j, h, w, torch.tensor(value)[:, None, None])

    results = {
        "behind normalize": erased(normalized(tensor), 3, 5, 11, 7, [0.0, 0.0, 0.0]),
        "before normalize": normalized(erased(tensor, 3, 5, 11, 7, [0.5, 0.25, 1.0])),
        "twice": erased(normalized(erased(tensor, 0, 0, 20, 30, [0.1, 0.2, 0.3])), 10, 12, 15, 25, [-1.5, 2.0, 0.75]),
    }
    return {name: digest(value.contiguous().numpy().tobytes()) for name, value in results.items()}


if __name__ == "__main__":
    check_files.main(
        {
            FOLDER / "pixels.json": draw_pixels,
            FOLDER / "augment.json": draw_augment,
            FOLDER / "magnitudes.json": draw_magnitudes,
            FOLDER / "erasing.json": draw_erasing,
        }
    )
