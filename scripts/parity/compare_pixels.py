"""torchvision's half of `npm run parity:pixels`: the same images by Pillow and torchvision, compared byte for byte.

    python compare_pixels.py FOLDER     images.json, train and val in it are by pixels.mjs
"""

import json
import sys
from pathlib import Path

import numpy
from PIL import Image
from torchvision.transforms import functional

from counter_rng import CounterRng, crop_rectangle

SIDE = 224


def train(image: Image.Image, seed: int, index: int) -> Image.Image:
    rectangle = crop_rectangle(*image.size, CounterRng(seed, 0, index, 0))
    image = functional.resized_crop(image, *rectangle, [SIDE, SIDE])
    return functional.hflip(image) if CounterRng(seed, 0, index, 1).uniform() < 0.5 else image


def val(image: Image.Image, _seed: int, _index: int) -> Image.Image:
    return functional.center_crop(functional.resize(image, 256), [SIDE, SIDE])


def main(folder: Path) -> int:
    described = json.loads((folder / "images.json").read_text(encoding="utf-8"))
    paths, seed = described["images"], described["seed"]
    status = 0
    for phase, pipeline in (("train", train), ("val", val)):
        ours = numpy.memmap(folder / phase, numpy.uint8, "r", shape=(len(paths), 3, SIDE, SIDE))
        differing, largest = [], 0
        for index, path in enumerate(paths):
            with Image.open(path) as file:
                theirs = numpy.asarray(pipeline(file.convert("RGB"), seed, index)).transpose(2, 0, 1)
            difference = int(numpy.abs(ours[index].astype(int) - theirs).max())
            largest = max(largest, difference)
            if difference:
                differing.append(path)
        print(f"{phase}: {len(differing)} of {len(paths)} images differ, the largest difference is {largest}")
        for path in differing[:10]:
            print(f"    {path}")
        status = status or int(bool(differing))
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
