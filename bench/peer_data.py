"""torchvision's input pipeline, for `npm run bench:data`: prints one JSON line of images per second.

    python peer_data.py FOLDER PHASE SIDE WORKERS

PHASE is train or val; SIDE is `pillow` (this process alone, one thread) or `dataloader` (WORKERS processes, one epoch
from the creation of the iterator, so with the workers' start-up, as every epoch of the tutorial pays it). For `pillow`
also images per second of CPU time.
"""

import json
import os
import sys
import time

import torch
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

TAIL = [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
HEAD = {
    "train": [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()],
    "val": [transforms.Resize(256), transforms.CenterCrop(224)],
}


def main() -> None:
    folder, phase, side, workers = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    dataset = ImageFolder(os.path.join(folder, phase), transforms.Compose(HEAD[phase] + TAIL))
    for file, _ in dataset.samples:  # both sides read from the file cache
        with open(file, "rb") as image:
            image.read()
    for index in range(8):  # code warm on both sides
        dataset[index]
    begin, cpu_begin = time.perf_counter(), time.process_time()
    if side == "pillow":
        for index in range(len(dataset)):
            dataset[index]
    else:
        for _ in DataLoader(dataset, batch_size=4, shuffle=True, num_workers=workers):
            pass
    figures = {"imagesPerSecond": len(dataset) / (time.perf_counter() - begin)}
    if side == "pillow":
        figures["imagesPerCpuSecond"] = len(dataset) / (time.process_time() - cpu_begin)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
