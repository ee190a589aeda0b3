"""Losses of real torch over the 61 batches of one epoch, in test/parity/fixtures/long/<run>.json.

Weights: resnet18_imagenet.pth, then torch.manual_seed(0) and a new Linear(512, 2) as `fc`. Images: the 244 training images
of hymenoptera_data in the order torch.randperm(244) after torch.manual_seed(0), batches of 4, through the validation
transforms. SGD 1e-3 / 0.9, cross-entropy, training mode. Both files come from `--shared DIR`/data.

`--check` runs again and compares by each run's own tolerance, which holds across instruction sets; the fixture says
which one made it.
"""

import json
import os
import sys
import time
from pathlib import Path

import torch
import torchvision
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).parent))
import check_files  # noqa: E402

FOLDER = check_files.FIXTURES / "long"
SEED = 0
BATCH_SIZE = 4
CLASSES = ["ants", "bees"]
NORMALIZE = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])

# Relative tolerances [first step, tolerance]: an entry holds from its step until the next one's.
RUNS = {
    "extractor-float32": {"mode": "extractor", "dtype": "float32", "resize": 256, "crop": 224, "tolerance": [[0, 1e-5]]},
    "finetune-float32": {
        "mode": "finetune",
        "dtype": "float32",
        "resize": 256,
        "crop": 224,
        "tolerance": [[0, 1e-4], [10, 2e-2]],
    },
    "finetune-float64": {"mode": "finetune", "dtype": "float64", "resize": 64, "crop": 64, "tolerance": [[0, 1e-6]]},
}


def images_in_order(shared: Path) -> list[str]:
    """Paths relative to the data set's train folder; the folder is the class."""
    train = shared / "data" / "hymenoptera_data" / "train"
    samples = torchvision.datasets.ImageFolder(str(train)).samples
    torch.manual_seed(SEED)
    order = torch.randperm(len(samples)).tolist()
    return [os.path.relpath(samples[i][0], train) for i in order]


def load_images(shared: Path, images: list[str], run: dict) -> torch.Tensor:
    pipeline = transforms.Compose(
        [transforms.Resize(run["resize"]), transforms.CenterCrop(run["crop"]), transforms.ToTensor(), NORMALIZE]
    )
    train = shared / "data" / "hymenoptera_data" / "train"
    load = torchvision.datasets.folder.default_loader
    return torch.stack([pipeline(load(str(train / path))) for path in images])


def build_model(shared: Path, run: dict) -> torch.nn.Module:
    model = torchvision.models.resnet18()
    model.load_state_dict(torch.load(shared / "data" / "resnet18_imagenet.pth", weights_only=True))
    if run["mode"] == "extractor":
        for parameter in model.parameters():
            parameter.requires_grad = False
    torch.manual_seed(SEED)
    model.fc = torch.nn.Linear(512, 2)
    return model.to(getattr(torch, run["dtype"])).train()


def losses_of(shared: Path, images: list[str], run: dict) -> list[float]:
    pixels = load_images(shared, images, run).to(getattr(torch, run["dtype"]))
    labels = torch.tensor([CLASSES.index(path.split(os.sep)[0]) for path in images])
    model = build_model(shared, run)
    trained = model.fc if run["mode"] == "extractor" else model
    optimizer = torch.optim.SGD(trained.parameters(), lr=1e-3, momentum=0.9)
    losses = []
    for begin in range(0, len(images), BATCH_SIZE):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            model(pixels[begin : begin + BATCH_SIZE]), labels[begin : begin + BATCH_SIZE]
        )
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def machine() -> dict[str, object]:
    return {
        "torch": torch.__version__,
        "cpuCapability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }


def tolerance_at(run: dict, step: int) -> float:
    return [tolerance for first, tolerance in run["tolerance"] if first <= step][-1]


def check(name: str, fresh: dict) -> list[str]:
    """What differs between the committed run and a fresh one beyond the tolerance."""
    committed = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    wrong = [key for key in ("images", *RUNS[name]) if committed[key] != fresh[key]]
    if len(committed["losses"]) != len(fresh["losses"]):
        return [*wrong, "number of steps"]
    for step, (old, new) in enumerate(zip(committed["losses"], fresh["losses"], strict=True)):
        if abs(new - old) > tolerance_at(RUNS[name], step) * abs(old):
            wrong.append(f"step {step}: {new!r} instead of {old!r}")
    return wrong


def main() -> None:
    parser = check_files.arguments(__doc__)
    parser.add_argument("--shared", type=Path, default=check_files.ROOT.parent / "shared", metavar="DIR")
    options = parser.parse_args()
    images = images_in_order(options.shared)
    failed = False
    for name, run in RUNS.items():
        begin = time.monotonic()
        fresh = {
            **run,
            "madeBy": machine(),
            "images": images,
            "losses": losses_of(options.shared, images, run),
        }
        seconds = f"{time.monotonic() - begin:.0f} s"
        if options.check:
            wrong = check(name, fresh)
            failed = failed or bool(wrong)
            print(f"long/{name}.json: {'; '.join(wrong) if wrong else 'agrees'} ({seconds})", flush=True)
        else:
            check_files.write(FOLDER / f"{name}.json", fresh)
            print(f"wrote long/{name}.json ({seconds})", flush=True)
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
