"""The transfer-learning tutorial in Python, written as a user would: the other side of `npm run bench`.

    DATA=FOLDER WORKERS=2 python peer.py MODE SEED EPOCHS WEIGHTS

MODE is ft (finetune) or fe (fixed feature extractor); WEIGHTS a 1,000-class ResNet-18 state_dict or `none`. The folder
comes from DATA or HYMENOPTERA. The last line is `RESULT ... train img/s X val img/s Y`, which the benchmark reads.
"""

import os
import sys
import time

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import ImageFolder

BATCH_SIZE = 4
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
TRANSFORMS = {
    "train": [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()],
    "val": [transforms.Resize(256), transforms.CenterCrop(224)],
}


def build_loaders(folder: str, workers: int) -> dict[str, DataLoader]:
    tail = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    return {
        phase: DataLoader(
            ImageFolder(os.path.join(folder, phase), transforms.Compose(head + tail)),
            batch_size=BATCH_SIZE,
            shuffle=True,
            num_workers=workers,
        )
        for phase, head in TRANSFORMS.items()
    }


def build_model(mode: str, weights: str) -> nn.Module:
    model = models.resnet18()
    if weights != "none":
        model.load_state_dict(torch.load(weights, weights_only=True))
    model.requires_grad_(mode == "ft")
    model.fc = nn.Linear(model.fc.in_features, 2)
    return model


def run_phase(model, loader, criterion, optimizer) -> tuple[float, int]:
    """One pass over the loader; trains when an optimizer is given. Returns summed loss and correct count."""
    model.train(optimizer is not None)
    loss_sum, correct = 0.0, 0
    for images, labels in loader:
        with torch.set_grad_enabled(optimizer is not None):
            logits = model(images)
            loss = criterion(logits, labels)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        loss_sum += loss.item() * len(images)
        correct += (logits.argmax(1) == labels).sum().item()
    return loss_sum, correct


def main() -> None:
    mode, seed, epochs, weights = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    folder = os.environ.get("DATA") or os.environ["HYMENOPTERA"]
    torch.manual_seed(seed)
    loaders = build_loaders(folder, int(os.environ.get("WORKERS", "2")))
    model = build_model(mode, weights)
    trained = model.parameters() if mode == "ft" else model.fc.parameters()
    optimizer = torch.optim.SGD(trained, lr=1e-3, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    criterion = nn.CrossEntropyLoss()
    seconds, best = {"train": 0.0, "val": 0.0}, 0.0
    for epoch in range(epochs):
        for phase in ("train", "val"):
            begin = time.perf_counter()
            loss_sum, correct = run_phase(model, loaders[phase], criterion, optimizer if phase == "train" else None)
            seconds[phase] += time.perf_counter() - begin
            count = len(loaders[phase].dataset)
            print(f"epoch {epoch} {phase} loss {loss_sum / count:.4f} accuracy {correct / count:.4f}", flush=True)
            if phase == "val":
                best = max(best, correct / count)
        scheduler.step()
    rates = {phase: epochs * len(loaders[phase].dataset) / seconds[phase] for phase in seconds}
    print(f"RESULT {mode} seed {seed} best {best:.4f} train img/s {rates['train']:.2f} val img/s {rates['val']:.2f}")


if __name__ == "__main__":
    main()
