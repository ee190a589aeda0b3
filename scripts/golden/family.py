"""What the real torchvision gives for every member of its ResNet family, in test/parity/fixtures/model/family.json.

Per member, for three classes and seed 6: a hash of its state_dict's names, dtypes and shapes in order; a hash of all its
initial weights; its logits in training and in evaluation, computed in float64; and for resnet50 the losses of a few steps of SGD in float64
with sums and norms of the weights after them. scripts/golden/model.py holds ResNet-18 tensor by tensor.

`--check` computes everything again: hashes must be equal, numbers within the tolerance below.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
import check_files  # noqa: E402
import model as golden  # noqa: E402

FIXTURE = check_files.FIXTURES / "model" / "family.json"
FAMILY = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
CLASSES = 3
SEED = 6
# Relative to the largest number of a list. In float32 the last bits of 155 convolutions, normalised over the 16 values per
# channel of these images, would reach 2e-3.
TOLERANCE = 1e-8
TRAINED = ("conv1.weight", "layer1.0.downsample.0.weight", "layer3.5.conv2.weight", "layer4.2.bn3.bias", "fc.weight")


def fnv1a(text: str) -> str:
    """64-bit FNV-1a of UTF-8 text."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def state_hash(net: torch.nn.Module) -> str:
    lines = []
    for name, tensor in net.state_dict().items():
        lines.append(f"{name} {str(tensor.dtype).removeprefix('torch.')} {','.join(map(str, tensor.shape))}\n")
    return fnv1a("".join(lines))


def weights_hash(net: torch.nn.Module) -> str:
    return fnv1a("".join(f"{name} {golden.fingerprint(value)}\n" for name, value in net.named_parameters()))


def draw_member(arch: str) -> dict:
    net = golden.model(arch, CLASSES, SEED)
    member = {"state": state_hash(net), "initial": weights_hash(net)}
    batch = golden.images(1, 4, 8, 8).double()
    with torch.no_grad():
        member["training"] = golden.exact(net.double()(batch))
        member["evaluation"] = golden.exact(net.eval()(batch))
    return member


def draw_steps() -> dict:
    net = golden.model("resnet50", CLASSES, SEED).double()
    losses = golden.train(net, {"momentum": 0.9, "weight_decay": 0.01})
    parameters = dict(net.named_parameters())
    return {"losses": losses, "weights": golden.summary({name: parameters[name] for name in TRAINED})}


def draw() -> dict:
    torch.set_num_threads(2)
    return {arch: draw_member(arch) for arch in FAMILY} | {"resnet50 steps": draw_steps()}


def same(fresh: object, committed: object) -> bool:
    if isinstance(fresh, dict):
        return fresh.keys() == committed.keys() and all(same(fresh[key], committed[key]) for key in fresh)
    return golden.close(fresh, committed, TOLERANCE if isinstance(fresh, list) else 0)


if __name__ == "__main__":
    check_files.main({FIXTURE: draw}, same)
