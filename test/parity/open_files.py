"""Python opens what torchwing writes, and the reverse: same names, shapes, dtypes and bits.

Runs `node dist/train.js` for one epoch on a small drawn data set, then opens best.pth and last.pth with torch and
torchvision, and the same weights as safetensors with the official library; then the reverse. Needs the built project; LIBTORCH defaults to this Python's torch.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import safetensors
import safetensors.torch
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


SAVE_AS = """
const { StateDict } = require('./dist/index.js');
(async () => {
  const [from, to] = process.argv.slice(1);
  const state = await StateDict.read(from);
  await state.save(to, state.record ?? '');
  state.dispose();
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


def train(arch: str, data: Path, output: Path, weights: Path | str = "none") -> None:
    command = ["node", "dist/train.js", "--data", data, "--output", output, "--weights", weights, "--arch", arch]
    command += ["--epochs", "1", "--image-size", "32", "--batch-size", "4", "--device", "cpu"]
    command += ["--checkpoint-every-epochs", "1"]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True)


def save_as(file: Path, target: Path) -> Path:
    subprocess.run(["node", "-e", SAVE_AS, file, target], cwd=ROOT, env=ENVIRONMENT, check=True)
    return target


def predictions(weights: Path, *images: Path) -> str:
    command = ["node", "dist/cli/main.js", "predict", weights, *images, "--device", "cpu", "--json"]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True).stdout


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


def check_checkpoint(run: Path, arch: str) -> None:
    """Python opens a checkpoint as data, and finds in it the weights of last.pth and a momentum buffer per parameter."""
    (file,) = run.glob("checkpoint-*.pth")
    state = torch.load(file, weights_only=True)
    last = torch.load(run / "last.pth", weights_only=True)
    assert all(torch.equal(state[f"model.{name}"], last[name]) for name in last)
    parameters = [name for name, _ in getattr(torchvision.models, arch)(num_classes=len(CLASSES)).named_parameters()]
    momentum = [name.removeprefix("momentum.") for name in state if name.startswith("momentum.")]
    assert sorted(momentum) == sorted(parameters)
    assert {name.split(".")[0] for name in state} == {"model", "momentum", "best"}


def check_safetensors(pth: Path, folder: Path, photo: Path) -> None:
    """The official library opens ours with every bit; through it and back to .pth nothing changes, nor do predictions."""
    expected = torch.load(pth, weights_only=True)
    ours = save_as(pth, folder / "ours.safetensors")
    state = safetensors.torch.load_file(ours)
    assert set(state) == set(expected)
    assert all(torch.equal(state[name], expected[name]) and state[name].dtype == expected[name].dtype for name in expected)
    with safetensors.safe_open(ours, "pt") as file:
        metadata = file.metadata()
    assert metadata["format"] == "pt"
    assert json.loads(metadata["torchwing.json"])["classes"] == CLASSES
    official = folder / "official.safetensors"
    safetensors.torch.save_file(state, official, metadata=metadata)
    back = save_as(official, folder / "back.pth")
    again = torch.load(back, weights_only=True)
    assert weights_sha256({name: again[name] for name in expected}) == weights_sha256(expected)
    texts = [predictions(file, photo) for file in (pth, ours, official)]
    assert texts[0] and len(set(texts)) == 1, "the container changes the predictions"


def check_starts_from_safetensors(data: Path, folder: Path) -> None:
    """A run starts from a file of the official library just as from the same weights of torch.save."""
    torch.manual_seed(0)
    state = torchvision.models.resnet18(num_classes=len(CLASSES)).state_dict()
    torch.save(state, folder / "start.pth")
    safetensors.torch.save_file(state, folder / "start.safetensors", metadata={"format": "pt"})
    for name in ("pth", "safetensors"):
        train("resnet18", data, folder / name, folder / f"start.{name}")
    assert len(set(hashes_by_torchwing(folder / "pth/last.pth", folder / "safetensors/last.pth"))) == 1


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
        check_checkpoint(folder / "resnet18", "resnet18")
        print("checkpoint: torch.load finds weights, momentum buffers and best weights")
        photo = folder / "data" / "val" / CLASSES[0] / "0.jpg"
        check_safetensors(folder / "resnet18" / "best.pth", folder, photo)
        print("safetensors: both libraries agree on every bit, on the record and on the predictions")
        check_starts_from_safetensors(folder / "data", folder)
        print("a run starts from safetensors as from .pth")
        check_read(folder)
        print("files of torch.save: the SHA-256 of the weights agree")


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, subprocess.CalledProcessError) as error:
        sys.exit(f"open_files.py: {error!r}")
