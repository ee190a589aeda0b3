"""Python opens what torchwing writes, and the reverse: same names, shapes, dtypes and bits.

Runs `node dist/train.js` for one epoch on a small drawn data set, then opens best.pth and last.pth with torch and
torchvision. Needs the built project; LIBTORCH defaults to this Python's torch.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
import torchvision
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "golden"))
from weights import weights_sha256  # noqa: E402

ENVIRONMENT = {"LIBTORCH": str(Path(torch.__file__).parent), **os.environ}
CLASSES = ["dark", "light"]
# What is trained, and which of its files are opened.
ARCHITECTURES = {"resnet18": ("best.pth", "last.pth"), "resnet50": ("last.pth",)}
PRINT_HASHES = """
const { StateDict, weightsSha256 } = require('./dist/index.js');
(async () => {
  for (const file of process.argv.slice(1)) {
    const state = await StateDict.read(file);
    console.log(await weightsSha256(state));
    state.dispose();
  }
})();
"""


def draw_images(folder: Path) -> None:
    """Eight noisy grey photos per class and split."""
    generator = random.Random(0)
    for split in ("train", "val"):
        for label, name in enumerate(CLASSES):
            (folder / split / name).mkdir(parents=True)
            for index in range(8):
                pixels = bytes(generator.randrange(100) + 120 * label for _ in range(48 * 48 * 3))
                Image.frombytes("RGB", (48, 48), pixels).save(folder / split / name / f"{index}.jpg")


def train(arch: str, data: Path, output: Path) -> None:
    command = ["node", "dist/train.js", "--data", data, "--output", output, "--weights", "none", "--arch", arch]
    command += ["--epochs", "1", "--image-size", "32", "--batch-size", "4", "--device", "cpu"]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True)


def hashes_by_torchwing(*files: Path) -> list[str]:
    command = ["node", "-e", PRINT_HASHES, *files]
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()


def check_written(file: Path, arch: str) -> None:
    state = torch.load(file, weights_only=True)
    mapped = torch.load(file, weights_only=True, mmap=True)
    assert list(state) == list(mapped)
    assert all(torch.equal(state[name], mapped[name]) for name in state), "mmap=True gives other values"
    model = getattr(torchvision.models, arch)(num_classes=len(CLASSES))
    reference = model.state_dict()
    assert list(state) == list(reference), "names or their order differ from torchvision's"
    assert all(state[name].dtype == reference[name].dtype for name in state)
    result = model.load_state_dict(state, strict=True)
    assert not result.missing_keys and not result.unexpected_keys
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None, "a checksum is wrong"
        record = json.loads(archive.read("archive/torchwing.json"))
    assert record["classes"] == CLASSES
    expected = weights_sha256(state)
    (found,) = hashes_by_torchwing(file)
    assert found == expected, f"torchwing's hash of {file.name} is {found}, Python's {expected}"


def check_read(folder: Path) -> None:
    """What Python writes has the same hash in torchwing: every dtype, views, scalars, empty tensors."""
    torch.manual_seed(0)
    base = torch.randn(4, 6)
    dtypes = "float64 float16 bfloat16 int64 int32 uint8 bool".split()
    states = [
        torchvision.models.resnet18(num_classes=3).state_dict(),
        {"base": base, "view": base[1:3, 2:], "transposed": base.t(), "scalar": torch.tensor(2.5), "none": base[:0]},
        {name: (base * 10).to(getattr(torch, name)) for name in dtypes if name != "uint8"}
        | {"uint8": (base.abs() * 10).to(torch.uint8)},
    ]
    files = [folder / f"python-{index}.pth" for index in range(len(states))]
    for file, state in zip(files, states, strict=True):
        torch.save(state, file)
    assert hashes_by_torchwing(*files) == [weights_sha256(state) for state in states]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_images(folder / "data")
        for arch, files in ARCHITECTURES.items():
            train(arch, folder / "data", folder / arch)
            for file in files:
                check_written(folder / arch / file, arch)
                print(f"{arch} {file}: torch.load, mmap, torchvision strict and the SHA-256 of the weights agree")
        check_read(folder)
        print("files of torch.save: the SHA-256 of the weights agree")


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, subprocess.CalledProcessError) as error:
        sys.exit(f"open_files.py: {error!r}")
