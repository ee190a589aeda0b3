"""How torchvision's random transforms draw their parameters, in test/parity/fixtures/transforms/draws.json.

Run with torchvision 0.28. Each entry is the empirical distribution of 20,000 draws with a fixed seed, kept at about 200
points. `--check` compares the counts exactly and the values within 1e-6.
"""

import itertools
import math
import sys
from pathlib import Path
from unittest import mock

import torch
from PIL import Image
from torchvision import transforms as T
from torchvision.transforms import autoaugment

sys.path.insert(0, str(Path(__file__).parent))
import check_files  # noqa: E402
from mixup import DRAWS, distribution, same  # noqa: E402

PATH = check_files.FIXTURES / "transforms" / "draws.json"


def image(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height))


def named(names: tuple[str, ...], draws: list[tuple[float, ...]]) -> dict[str, list[str]]:
    return {name: distribution(list(values)) for name, values in zip(names, zip(*draws))}


def rectangles(rows: list[tuple[int, int, int, int]], area: int) -> dict[str, list[str]]:
    """Of (top, left, height, width): its area, the logarithm of width over height, its place."""
    draws = [(h * w / area, math.log(w / h), i, j) for i, j, h, w in rows]
    return named(("area", "log ratio", "top", "left"), draws)


def draw_resized_crops(width: int, height: int) -> dict[str, list[str]]:
    torch.manual_seed(1)
    source, transform = image(width, height), T.RandomResizedCrop(8)
    rows = [transform.get_params(source, transform.scale, transform.ratio) for _ in range(DRAWS)]
    return rectangles(rows, width * height)


def draw_crops() -> dict[str, list[str]]:
    torch.manual_seed(2)
    source = image(48, 38)
    return named(("top", "left"), [T.RandomCrop.get_params(source, (16, 32))[:2] for _ in range(DRAWS)])


def draw_flips(kind: type, p: float) -> list[str]:
    """1 where a white pixel at the upper left has moved."""
    torch.manual_seed(3)
    source = image(2, 2)
    source.putpixel((0, 0), (255, 255, 255))
    transform = kind(p)
    return distribution([float(transform(source).getpixel((0, 0)) == (0, 0, 0)) for _ in range(DRAWS)])


def draw_grayscales() -> list[str]:
    torch.manual_seed(4)
    source, transform = Image.new("RGB", (1, 1), (255, 0, 0)), T.RandomGrayscale()
    return distribution([float(transform(source).getpixel((0, 0)) != (255, 0, 0)) for _ in range(DRAWS)])


def draw_jitters() -> dict[str, list[str]]:
    torch.manual_seed(5)
    jitter = T.ColorJitter(0.4, (0.2, 3.0), 0.7, 0.1)
    orders = {order: float(index) for index, order in enumerate(itertools.permutations(range(4)))}
    draws = []
    for _ in range(DRAWS):
        order, *factors = jitter.get_params(jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue)
        draws.append((orders[tuple(order.tolist())], *factors))
    return named(("order", "brightness", "contrast", "saturation", "hue"), draws)


def draw_rotations() -> list[str]:
    torch.manual_seed(6)
    return distribution([T.RandomRotation.get_params([-30.0, 75.0]) for _ in range(DRAWS)])


def draw_operations(transform: torch.nn.Module, calls: int) -> dict[str, list[str]]:
    """The operations, by their places in torchvision's list, and the signed magnitudes of the rotations."""
    torch.manual_seed(7)
    space = transform._augmentation_space(31, (8, 8)) if calls > 1 else transform._augmentation_space(31)
    names = list(space)
    drawn: list[tuple[str, float]] = []

    def record(source, name, magnitude, **_options):
        drawn.append((name, magnitude))
        return source

    source = image(8, 8)
    with mock.patch.object(autoaugment, "_apply_op", record):
        for _ in range(DRAWS // calls):
            transform(source)
    # A bin and a sign as one number: -30 to 30, and each operation's range behind the one before it.
    codes = []
    for name, magnitude in drawn:
        magnitudes = space[name][0]
        found = (magnitudes == abs(magnitude)).nonzero() if magnitudes.ndim > 0 else torch.tensor([[0]])
        place = int(found[0]) * (-1 if math.copysign(1, magnitude) < 0 else 1)
        codes.append(float(names.index(name) * 61 + 30 + place))
    return {
        "operation": distribution([float(names.index(name)) for name, _ in drawn]),
        "operation, magnitude and sign": distribution(codes),
    }


def draw_erasures() -> dict[str, list[str]]:
    torch.manual_seed(8)
    source, erasing = torch.empty(3, 60, 80), T.RandomErasing()
    rows = [erasing.get_params(source, erasing.scale, erasing.ratio, [0.0])[:4] for _ in range(DRAWS)]
    torch.manual_seed(9)
    noise = torch.cat([torch.empty(3, 10, 10).normal_().flatten() for _ in range(DRAWS // 300 + 1)])[:DRAWS]
    return {**rectangles(rows, 60 * 80), "noise": distribution(noise.tolist())}


def draw() -> dict[str, object]:
    return {
        "randomResizedCrop": draw_resized_crops(400, 300),
        "randomResizedCrop of a narrow image": draw_resized_crops(300, 40),
        "randomCrop": draw_crops(),
        "randomHorizontalFlip": draw_flips(T.RandomHorizontalFlip, 0.5),
        "randomVerticalFlip": draw_flips(T.RandomVerticalFlip, 0.3),
        "randomGrayscale": draw_grayscales(),
        "colorJitter": draw_jitters(),
        "randomRotation": draw_rotations(),
        "randAugment": draw_operations(T.RandAugment(), 2),
        "trivialAugmentWide": draw_operations(T.TrivialAugmentWide(), 1),
        "randomErasing": draw_erasures(),
    }


if __name__ == "__main__":
    check_files.main({PATH: draw}, same, lines=True)
