"""What the real torch and torchvision give for ResNets, SGD, StepLR and load_state_dict, in test/parity/fixtures/model/<topic>.json.

Run with torch 2.13 and torchvision 0.28. `--check` computes everything again and compares with the committed files:
names, initial weights, SGD on fixed gradients and rates exactly, whatever goes through a convolution within the
tolerance that its own file states, because convolutions differ in the last bits between instruction sets.

Floats are written as hexadecimal text, so that nothing is lost on the way. Images are drawn by a generator of their own
as a coarse grid of random colours, each cell repeated: noise per pixel would make gradients ill-conditioned.
"""

import collections
import json
import re
import sys
from pathlib import Path

import numpy
import torch
import torchvision
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).parent))
import check_files  # noqa: E402

FOLDER = check_files.FIXTURES / "model"
STEPS = 5
LR = 1e-3
SGD_VARIANTS = {
    "plain": {},
    "momentum": {"momentum": 0.9},
    "weight decay": {"momentum": 0.9, "weight_decay": 0.01},
    "nesterov": {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    "dampening": {"momentum": 0.9, "dampening": 0.25},
}


def fingerprint(tensor: torch.Tensor) -> str:
    """Sum over i of (i + 1) * bits[i], modulo 2^64, over the float32 bit patterns in row-major order."""
    bits = tensor.detach().contiguous().numpy().reshape(-1).view(numpy.uint32).astype(numpy.uint64)
    return f"{int((bits * numpy.arange(1, len(bits) + 1, dtype=numpy.uint64)).sum(dtype=numpy.uint64)):016x}"


def exact(tensor: torch.Tensor) -> list[str]:
    return [float(value).hex() for value in tensor.detach().reshape(-1)]


def summary(tensors: dict[str, torch.Tensor]) -> dict[str, list[str]]:
    """Sum and Euclidean norm of each tensor, computed in float64."""
    return {
        name: [float(value.sum()).hex(), float(value.norm()).hex()]
        for name, value in ((name, tensor.detach().double()) for name, tensor in tensors.items())
    }


def model(arch: str, classes: int, seed: int) -> torchvision.models.ResNet:
    torch.manual_seed(seed)
    return getattr(torchvision.models, arch)(num_classes=classes)


def images(seed: int, count: int, cells: int, cell: int) -> torch.Tensor:
    coarse = torch.rand(count, 3, cells, cells, generator=torch.Generator().manual_seed(seed))
    return coarse.repeat_interleave(cell, 2).repeat_interleave(cell, 3)


def draw_state() -> dict:
    dtypes = {torch.float32: "float32", torch.int64: "int64"}
    return {
        arch: [[name, dtypes[value.dtype], list(value.shape)] for name, value in model(arch, 2, 0).state_dict().items()]
        for arch in ("resnet18", "resnet50")
    }


def draw_initial() -> dict:
    cases = [("resnet18", 2, 0), ("resnet18", 1000, 42), ("resnet34", 3, 7), ("resnet50", 2, 1)]
    content = {}
    for arch, classes, seed in cases:
        parameters = dict(model(arch, classes, seed).named_parameters())
        content[f"{arch} {classes} {seed}"] = {
            name: [fingerprint(value), float(value.detach().double().sum()).hex()]
            for name, value in parameters.items()
            if arch == "resnet18" or name.endswith("conv1.weight") or name.startswith("fc")
        }
    torch.manual_seed(11)
    head = torch.nn.Linear(512, 3)
    content["head 3 11"] = {"weight": fingerprint(head.weight), "bias": exact(head.bias)}
    return content


def draw_forward() -> dict:
    content = {}
    for arch, cells, cell in (("resnet18", 8, 8), ("resnet18", 7, 32), ("resnet34", 8, 8), ("resnet50", 8, 8)):
        net = model(arch, 5, 3)
        batch = images(1, 4, cells, cell)
        with torch.no_grad():
            in_training = net(batch)
            in_evaluation = net.eval()(batch)
        content[f"{arch} {cells} {cell}"] = {"training": exact(in_training), "evaluation": exact(in_evaluation)}
    return content


def train(net: torch.nn.Module, options: dict) -> list[str]:
    dtype = next(net.parameters()).dtype
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=LR, **options)
    cell = 4 if dtype == torch.float64 else 8  # float64 convolutions are slow, and exact enough at 32 pixels
    batch, labels = images(2, 4, 8, cell).to(dtype), torch.tensor([0, 1, 2, 0])
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = cross_entropy(net(batch), labels)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.item()).hex())
    return losses


def draw_training() -> dict:
    content = {}
    for name, options in SGD_VARIANTS.items():
        net = model("resnet18", 3, 5).double()
        losses = train(net, options)
        content[f"float64 {name}"] = {"losses": losses, "state": summary(dict(net.named_parameters()))}
    net = model("resnet18", 3, 5)
    losses = train(net, SGD_VARIANTS["momentum"])
    content["float32 momentum"] = {"losses": losses, "state": summary(net.state_dict())}
    net = model("resnet18", 3, 5)
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(name.startswith("fc."))
    losses = train(net, SGD_VARIANTS["momentum"])
    content["float32 frozen"] = {"losses": losses, "state": summary(net.state_dict())}
    return content


def draw_sgd() -> dict:
    """Parameters of SGD's default loop after each step, on gradients drawn step by step; the second parameter has no
    gradient in the first step, so its own first step comes later."""
    content = {}
    for name, options in SGD_VARIANTS.items():
        generator = torch.Generator().manual_seed(3)
        parameters = [torch.rand(size, generator=generator).requires_grad_() for size in (64, 5)]
        optimizer = torch.optim.SGD(parameters, lr=0.05, foreach=False, fused=False, **options)
        steps = []
        for step in range(STEPS):
            optimizer.zero_grad()
            for index, parameter in enumerate(parameters):
                gradient = torch.rand(parameter.shape, generator=generator) - 0.5
                if step > 0 or index == 0:
                    parameter.grad = gradient
            optimizer.step()
            steps.append([fingerprint(parameter) for parameter in parameters])
        content[name] = steps
    return content


def draw_step_lr() -> dict:
    content = {}
    for lr, step_size, gamma in ((1e-3, 7, 0.1), (0.05, 1, 0.97), (0.3, 3, 0.5)):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size, gamma)
        rates = []
        for _ in range(25):
            rates.append(float(optimizer.param_groups[0]["lr"]).hex())
            optimizer.step()
            scheduler.step()
        content[f"{lr} {step_size} {gamma}"] = rates
    return content


EXTRA = {"extra": [1], "layer9.0.weight": [2, 3], "fc.extra": [1]}
HEAD = {"fc.weight": [1000, 512], "fc.bias": [1000]}
# What becomes of a resnet18's state before it is loaded: names dropped by their end, shapes given to new or old names,
# and the version that `_metadata` gives every BatchNorm (0: no `_metadata` at all).
STATES = {
    "as it is": ([], {}, 0),
    "without its head": (["fc.weight", "fc.bias"], {}, 0),
    "with more": ([], EXTRA, 0),
    "with more, without a block": ([f"layer1.0.conv{i}.weight" for i in (1, 2)], EXTRA, 0),
    "1000 classes": ([], HEAD, 0),
    "1000 classes, with more": (["conv1.weight"], HEAD | EXTRA, 0),
    "without counters": (["num_batches_tracked"], {}, 0),
    "without counters, version 1": (["num_batches_tracked"], {}, 1),
    "without counters, version 2": (["num_batches_tracked"], {}, 2),
    "counters of one dimension": ([], {"bn1.num_batches_tracked": [1]}, 0),
}


def load_report(net: torch.nn.Module, state: dict[str, torch.Tensor], strict: bool) -> dict:
    """What load_state_dict says: keys in its order, taken from the error's text where it raises."""
    try:
        keys = net.load_state_dict(state, strict=strict)
    except RuntimeError as error:
        lines = str(error).split("\n\t")
    else:
        return {"raises": 0, "missing": keys.missing_keys, "unexpected": keys.unexpected_keys, "misshaped": []}

    def quoted(start: str) -> list[str]:
        return [name for line in lines if line.startswith(start) for name in re.findall(r'"([^"]+)"', line)]

    pattern = r"size mismatch for (\S+): .*torch.Size\((\[.*?\])\) from .*torch.Size\((\[.*?\])\)"
    shapes = [re.match(pattern, line) for line in lines if line.startswith("size mismatch")]
    return {
        "raises": 1,
        "missing": quoted("Missing"),
        "unexpected": quoted("Unexpected"),
        "misshaped": [[match[1], match[2], match[3]] for match in shapes],
    }


def draw_load_state_dict() -> dict:
    content = {}
    for name, (dropped, shapes, version) in STATES.items():
        net = model("resnet18", 2, 0)
        metadata = net.state_dict()._metadata
        state = {key: value for key, value in net.state_dict().items() if not key.endswith(tuple(dropped) or "\n")}
        state.update({key: torch.zeros(shape, dtype=torch.int64) for key, shape in shapes.items()})
        if version > 0:
            state = collections.OrderedDict(state)
            norms = {path for path, module in net.named_modules() if isinstance(module, torch.nn.BatchNorm2d)}
            state._metadata = {path: {"version": version} if path in norms else entry for path, entry in metadata.items()}
        content[name] = {
            "dropped": dropped,
            "shapes": [[key, shape] for key, shape in shapes.items()],
            "version": version,
            "strict": load_report(net, state, strict=True),
            "lenient": load_report(net, state, strict=False),
        }
    return content


# Topic: what draws it, and the tolerance relative to the largest number of a list (0: exact).
TOPICS = {
    "state": (draw_state, 0),
    "initial": (draw_initial, 0),
    "forward": (draw_forward, 1e-4),
    "training": (draw_training, 1e-3),
    "sgd": (draw_sgd, 0),
    "step_lr": (draw_step_lr, 0),
    "load_state_dict": (draw_load_state_dict, 0),
}


def close(fresh: object, committed: object, tolerance: float) -> bool:
    if tolerance == 0 or not isinstance(fresh, (dict, list)):
        return fresh == committed
    if isinstance(fresh, dict):
        return fresh.keys() == committed.keys() and all(close(fresh[key], committed[key], tolerance) for key in fresh)
    a, b = ([float.fromhex(text) for text in texts] for texts in (fresh, committed))
    scale = max(1.0, max(abs(value) for value in a))
    return len(a) == len(b) and all(abs(x - y) <= tolerance * scale for x, y in zip(a, b))


def main() -> None:
    check = check_files.arguments(__doc__).parse_args().check
    versions = {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0]}
    print(" ".join(f"{name} {version}" for name, version in versions.items()))
    torch.set_num_threads(2)
    wrong = []
    for topic, (draw, tolerance) in TOPICS.items():
        path, fresh = FOLDER / f"{topic}.json", draw()
        if not check:
            # One line per entry: small, and a change is still readable.
            lines = [f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in fresh.items()]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('{"versions": ' + json.dumps(versions) + ",\n" + ",\n".join(lines) + "}\n", encoding="utf-8")
            print(f"wrote {path.relative_to(check_files.ROOT)}")
            continue
        committed = json.loads(path.read_text(encoding="utf-8"))
        committed.pop("versions")
        for name in sorted(fresh.keys() | committed.keys()):
            if not (name in fresh and name in committed and close(fresh[name], committed[name], tolerance)):
                wrong.append(f"{topic}: {name}")
    if wrong:
        sys.exit("What torch gives now differs from the fixtures: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
