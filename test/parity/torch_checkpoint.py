"""A training begun in torchwing goes on in Python, and the reverse.

Ten steps of SGD with StepLR on ResNet-18 in float32 on the CPU, four ways: all in Python, all in torchwing, the first five
in one and the rest in the other. What changes hands is one file, `{'model', 'optimizer', 'scheduler'}`. With the layout
`strided`, one thread count and one LibTorch the four must end equal to the bit: weights, buffers, momentum, rates. The layout
`fast` computes in another order; its head-only run must agree to 2e-4 of each tensor's largest value
(found: 5e-5, in the momentum of fc).

Needs the built project; LIBTORCH defaults to this Python's torch.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
import torchvision

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "golden"))
import model as golden  # noqa: E402

ENVIRONMENT = {"LIBTORCH": str(Path(torch.__file__).parent), **os.environ}
CLASSES = 3
STEPS, HANDOVER, STEPS_PER_EPOCH = 10, 5, 2
SCHEDULE = {"step_size": 2, "gamma": 0.5}
MODES = {
    "finetune": {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-3, "nesterov": True},
    "extractor": {"lr": 0.1, "momentum": 0.9, "dampening": 0.25},
}
TOLERANCE = {"strided": 0.0, "fast": 2e-4}

TRAIN = """
const { ResNet, SGD, StateDict, StepLR, crossEntropy, loadTorchCheckpoint, saveTorchCheckpoint } = require('./dist/index.js');
const { loadNative } = require('./dist/native/load.js');
(async () => {
  const job = JSON.parse(process.argv[1]);
  await (await loadNative()).setThreads(job.threads);
  const model = await ResNet.create({ arch: 'resnet18', classes: job.classes, layout: job.layout });
  await model.setTrainable(job.mode === 'extractor' ? 'head' : 'all');
  // Hyperparameters and schedule come from the file, as in Python.
  const optimizer = await SGD.create(model, { lr: 1, momentum: 0.5 });
  const scheduler = await StepLR.create(optimizer, { stepSize: 1 });
  const notes = await loadTorchCheckpoint(job.from, { optimizer, scheduler });
  if (notes.length !== 1) throw new Error('unexpected notes: ' + notes.join());
  const data = await StateDict.read(job.data);
  for (let step = job.first; step < job.last; step += 1) {
    const images = await data.tensor('images ' + step);
    const labels = await data.tensor('labels ' + step);
    await optimizer.zeroGrad();
    const logits = await model.forward(images, { grad: true });
    const loss = await crossEntropy(logits, labels);
    await loss.backward();
    await optimizer.step();
    for (const tensor of [images, labels, logits, loss]) tensor.dispose();
    if ((step + 1) % job.stepsPerEpoch === 0) scheduler.step();
  }
  await saveTorchCheckpoint(job.to, { optimizer, scheduler, record: '{"from":"torchwing"}' });
})().catch((error) => { console.error(error); process.exitCode = 1; });
"""


def draw_batches() -> dict[str, torch.Tensor]:
    batches = {}
    for step in range(STEPS):
        batches[f"images {step}"] = golden.images(step, 4, 8, 8)
        batches[f"labels {step}"] = torch.tensor([step % 3, 1, 2, 0])
    return batches


class Training:
    """Model, optimizer and scheduler as a script in Python has them."""

    def __init__(self, mode: str) -> None:
        self.model = golden.model("resnet18", CLASSES, 5)
        if mode == "extractor":
            for name, parameter in self.model.named_parameters():
                parameter.requires_grad = name.startswith("fc.")
        trained = self.model.fc if mode == "extractor" else self.model
        self.optimizer = torch.optim.SGD(trained.parameters(), **MODES[mode])
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, **SCHEDULE)

    def load(self, file: Path) -> None:
        parts = torch.load(file, weights_only=True)
        self.model.load_state_dict(parts["model"], strict=True)
        self.optimizer.load_state_dict(parts["optimizer"])
        self.scheduler.load_state_dict(parts["scheduler"])

    def save(self, file: Path) -> None:
        parts = {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler}
        torch.save({name: part.state_dict() for name, part in parts.items()}, file)


def train_in_python(mode: str, source: Path, target: Path, data: Path, first: int, last: int) -> None:
    training = Training(mode)
    training.load(source)
    batches = torch.load(data, weights_only=True)
    for step in range(first, last):
        training.optimizer.zero_grad()
        logits = training.model(batches[f"images {step}"])
        torch.nn.functional.cross_entropy(logits, batches[f"labels {step}"]).backward()
        training.optimizer.step()
        if (step + 1) % STEPS_PER_EPOCH == 0:
            training.scheduler.step()
    training.save(target)


def train_in_torchwing(
    mode: str, source: Path, target: Path, data: Path, first: int, last: int, layout: str = "strided"
) -> None:
    job = {"mode": mode, "layout": layout, "classes": CLASSES, "from": str(source), "to": str(target)}
    # Sums depend on the number of threads.
    job |= {"threads": torch.get_num_threads(), "data": str(data), "first": first, "last": last, "stepsPerEpoch": STEPS_PER_EPOCH}
    subprocess.run(["node", "-e", TRAIN, json.dumps(job)], cwd=ROOT, env=ENVIRONMENT, check=True)


def flattened(value: object, path: str = "") -> dict[str, object]:
    """Every leaf of nested dicts and lists under its path, in order."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        return {path: value}
    leaves = {f"{path} {type(value).__name__}": len(value)} if not isinstance(value, dict) else {}
    for key, inner in pairs:
        leaves |= flattened(inner, f"{path}/{key!r}")
    return leaves


def differences(file: Path, expected: Path, tolerance: float) -> list[str]:
    """What `torch.load` finds in the one and not in the other: names, their order, kinds, numbers, tensors."""
    found, wanted = (flattened(torch.load(path, weights_only=True)) for path in (file, expected))
    if list(found) != list(wanted):
        return ["names or their order"]
    wrong = []
    for path, value in wanted.items():
        if not isinstance(value, torch.Tensor):
            same = found[path] == value
        elif tolerance == 0:
            same = torch.equal(found[path], value) and found[path].dtype == value.dtype
        else:
            same = (found[path] - value).abs().max() <= tolerance * value.abs().max()
        if not same:
            wrong.append(path)
    return wrong


def check_mode(mode: str, folder: Path, data: Path) -> None:
    start, whole = folder / "start.pth", folder / "python-10.pth"
    Training(mode).save(start)
    train_in_python(mode, start, whole, data, 0, STEPS)

    ways = {name: folder / f"{name}.pth" for name in ("all in torchwing", "begun in torchwing", "begun in Python")}
    train_in_torchwing(mode, start, ways["all in torchwing"], data, 0, STEPS)
    half = folder / "torchwing-5.pth"
    train_in_torchwing(mode, start, half, data, 0, HANDOVER)
    train_in_python(mode, half, ways["begun in torchwing"], data, HANDOVER, STEPS)
    train_in_python(mode, start, folder / "python-5.pth", data, 0, HANDOVER)
    train_in_torchwing(mode, folder / "python-5.pth", ways["begun in Python"], data, HANDOVER, STEPS)
    for name, file in ways.items():
        wrong = differences(file, whole, TOLERANCE["strided"])
        assert not wrong, f"{mode}, {name}: {len(wrong)} entries differ from ten steps in Python: {wrong[:5]}"
    assert differences(half, whole, 0.0), "five steps must not equal ten: the comparison sees nothing"
    check_form(half, 2 if mode == "extractor" else 62)
    print(f"{mode}: 5 steps here and 5 there, and 10 in either, end equal to the bit")


def check_form(file: Path, parameters: int) -> None:
    """The file itself: mapped reading, checksums, the record, how many parameters the optimizer has."""
    mapped = torch.load(file, weights_only=True, mmap=True)
    assert list(mapped) == ["model", "optimizer", "scheduler"]
    assert mapped["optimizer"]["param_groups"][0]["params"] == list(range(parameters))
    assert list(mapped["optimizer"]["state"]) == list(range(parameters))
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None, "a checksum is wrong"
        assert json.loads(archive.read("archive/torchwing.json")) == {"from": "torchwing"}


def check_fast(folder: Path, data: Path) -> None:
    half, end = folder / "fast-5.pth", folder / "fast.pth"
    train_in_torchwing("extractor", folder / "start.pth", half, data, 0, HANDOVER, layout="fast")
    train_in_python("extractor", half, end, data, HANDOVER, STEPS)
    wrong = differences(end, folder / "python-10.pth", TOLERANCE["fast"])
    assert not wrong, f"layout fast: {wrong[:5]}"
    print(f"extractor, layout fast: begun in torchwing, ended in Python, equal to {TOLERANCE['fast']}")


def main() -> None:
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data.pth"
        torch.save(draw_batches(), data)
        for mode in MODES:
            folder = Path(name) / mode
            folder.mkdir()
            check_mode(mode, folder, data)
        check_fast(Path(name) / "extractor", data)


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, subprocess.CalledProcessError) as error:
        sys.exit(f"torch_checkpoint.py: {error!r}")
