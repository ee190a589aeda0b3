"""What torchvision's MixUp and CutMix and torch's cross-entropy with soft labels give, in
test/parity/fixtures/model/mixup.json.

Run with torch 2.13 and torchvision 0.28. The mixing is given its lambda and its box's centre; the draws are 20,000 per
entry with a fixed seed, of which the empirical distribution is kept at about 200 points. Floats are hexadecimal text.
`--check` compares images and counts exactly, other numbers within 1e-6, as logarithms and exponentials differ in their
last bits between machines.
"""

import sys
from pathlib import Path
from unittest import mock

import torch
from torchvision.transforms import v2

sys.path.insert(0, str(Path(__file__).parent))
import check_files  # noqa: E402
from model import fingerprint, images  # noqa: E402

PATH = check_files.FIXTURES / "model" / "mixup.json"
CLASSES = 3
LABELS = torch.tensor([0, 2, 2])
HEIGHT, WIDTH = 16, 12
DRAWS = 20_000
POINTS = 200
DRAWN_HEIGHT, DRAWN_WIDTH = 48, 64


class Given:
    """A distribution that gives one value."""

    def __init__(self, value: float) -> None:
        self.value = value

    def sample(self, _shape: tuple) -> float:
        return self.value


def text(value: float) -> str:
    """float.hex without its trailing zeros."""
    mantissa, exponent = float(value).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}" if "." in mantissa else f"{mantissa}p{exponent}"


def numbers(tensor: torch.Tensor) -> list[str]:
    return [text(value) for value in tensor.detach().reshape(-1)]


def batch(count: int) -> torch.Tensor:
    return images(4, count, 4, 4)[..., :WIDTH].contiguous()


def result(mixed: torch.Tensor, labels: torch.Tensor) -> dict:
    return {"images": fingerprint(mixed), "labels": numbers(labels)}


def mixup(lam: float) -> v2.MixUp:
    transform = v2.MixUp(num_classes=CLASSES)
    transform._dist = Given(lam)
    return transform


def draw_mixup() -> list:
    cases = []
    for count, lam in ((3, 0.3), (3, 0.8125), (2, 0.999), (1, 0.4)):
        cases.append({"count": count, "lambda": text(lam), **result(*mixup(lam)(batch(count), LABELS[:count]))})
    return cases


def cutmix_params(lam: float, x: int, y: int, height: int, width: int) -> dict:
    transform = v2.CutMix(num_classes=CLASSES)
    transform._dist = Given(lam)
    with mock.patch("torch.randint", side_effect=[torch.tensor([x]), torch.tensor([y])]):
        return transform.make_params([torch.empty(1, 3, height, width)])


def cutmix(params: dict) -> v2.CutMix:
    transform = v2.CutMix(num_classes=CLASSES)
    transform.make_params = lambda _inputs: params
    return transform


def draw_cutmix() -> list:
    cases = []
    for count, lam, x, y in ((3, 0.3, 5, 9), (3, 0.6, 0, 0), (2, 0.1, 11, 15), (2, 0.999, 4, 4), (1, 0.4, 6, 8)):
        params = cutmix_params(lam, x, y, HEIGHT, WIDTH)
        cases.append(
            {
                "count": count,
                "lambda": text(lam),
                "x": x,
                "y": y,
                "box": list(params["box"]),
                "adjusted": text(params["lam_adjusted"]),
                **result(*cutmix(params)(batch(count), LABELS[:count])),
            }
        )
    return cases


def draw_twice() -> dict:
    """Labels that are mixed already."""
    once = mixup(0.3)(batch(3), LABELS)
    return result(*cutmix(cutmix_params(0.6, 5, 9, HEIGHT, WIDTH))(*once))


def draw_losses() -> list:
    generator = torch.Generator().manual_seed(6)
    logits = torch.rand(4, CLASSES, generator=generator) * 8 - 4
    shares = torch.rand(4, CLASSES, generator=generator)
    shares /= shares.sum(1, keepdim=True)
    indices = torch.tensor([2, 0, 1, 0])
    cases = []
    for name, labels in (("shares", shares), ("indices", indices)):
        for smoothing in (0.0, 0.1):
            leaf = logits.clone().requires_grad_()
            loss = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)(leaf, labels)
            loss.backward()
            cases.append(
                {
                    "form": name,
                    "smoothing": text(smoothing),
                    "logits": numbers(logits),
                    "labels": numbers(labels),
                    "loss": text(loss.item()),
                    "gradient": numbers(leaf.grad),
                }
            )
    return cases


def distribution(values: list[float]) -> list[str]:
    """About POINTS of the values in ascending order, each with how many values are below it and how many are not above."""
    ordered = sorted(values)
    points, counted, index = [], 0, 0
    while index < len(ordered):
        value, below = ordered[index], index
        while index < len(ordered) and ordered[index] == value:
            index += 1
        if index - counted >= len(ordered) // POINTS or below == 0 or index == len(ordered):
            points.append(f"{text(value)} {below} {index}")
            counted = index
    return points


def draw_lambdas(alpha: float) -> list[str]:
    torch.manual_seed(8)
    transform = v2.MixUp(alpha=alpha, num_classes=CLASSES)
    return distribution([transform.make_params([])["lam"] for _ in range(DRAWS)])


def draw_boxes(alpha: float) -> dict:
    torch.manual_seed(9)
    transform = v2.CutMix(alpha=alpha, num_classes=CLASSES)
    shape = [torch.empty(1, 3, DRAWN_HEIGHT, DRAWN_WIDTH)]
    drawn = [transform.make_params(shape) for _ in range(DRAWS)]
    sides = {
        side: distribution([params["box"][index] for params in drawn])
        for index, side in enumerate(("left", "top", "right", "bottom"))
    }
    return {"lambda": distribution([params["lam_adjusted"] for params in drawn]), **sides}


def draw() -> dict:
    return {
        "mixup": draw_mixup(),
        "cutmix": draw_cutmix(),
        "twice": draw_twice(),
        "losses": draw_losses(),
        **{f"lambda {alpha}": draw_lambdas(alpha) for alpha in (0.2, 1.0, 3.0)},
        "box 1.0": draw_boxes(1.0),
    }


def same(fresh: object, committed: object) -> bool:
    if isinstance(fresh, dict):
        return fresh.keys() == committed.keys() and all(same(fresh[key], committed[key]) for key in fresh)
    if isinstance(fresh, list):
        return len(fresh) == len(committed) and all(same(a, b) for a, b in zip(fresh, committed))
    if isinstance(fresh, str) and "0x" in fresh:
        (value, *counts), (other, *other_counts) = fresh.split(), committed.split()
        return counts == other_counts and abs(float.fromhex(value) - float.fromhex(other)) <= 1e-6
    return fresh == committed


if __name__ == "__main__":
    check_files.main({PATH: draw}, same, lines=True)
