"""The tutorial's training loop on a list of photos, for the comparison of speed of `npm run test:cuda`.

    python peer.py LIST BATCH SKIPPED SIZE DEVICE WORKERS WEIGHTS

LIST is a JSON file of [path, label index] in the order of training; the first SKIPPED batches warm up and are not timed.
WEIGHTS is a 1,000-class ResNet-18 state_dict or `none`. Prints one JSON line.
"""

import json
import sys
import time

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import models, transforms

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Photos(Dataset):
    def __init__(self, file: str, size: int):
        with open(file) as text:
            self.samples = json.load(text)
        self.transform = transforms.Compose([
            transforms.RandomResizedCrop(size),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ])

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int):
        path, label = self.samples[index]
        with Image.open(path) as image:
            return self.transform(image.convert("RGB")), label


def main() -> None:
    file, batch, skipped, size, device, workers, weights = sys.argv[1:8]
    torch.manual_seed(0)
    photos = Photos(file, int(size))
    loader = DataLoader(photos, batch_size=int(batch), shuffle=True, num_workers=int(workers))
    model = models.resnet18()
    if weights != "none":
        model.load_state_dict(torch.load(weights, weights_only=True))
    model.fc = nn.Linear(model.fc.in_features, 2)
    model = model.to(device).train()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    loss_sum, correct, images, begin = 0.0, 0, 0, 0.0
    for step, (inputs, labels) in enumerate(loader):
        if step == int(skipped):
            begin, images = time.perf_counter(), 0
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(inputs)
        correct += (outputs.argmax(1) == labels).sum().item()
        images += len(inputs)
    print(json.dumps({"imagesPerSecond": images / (time.perf_counter() - begin)}))


if __name__ == "__main__":
    main()
