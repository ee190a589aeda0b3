"""What the real torch gives for ResNet-18 under autocast on the CPU, in test/parity/fixtures/model/autocast.json.

Per 16-bit type and layout: logits in evaluation and in training, losses of two steps of SGD, a fingerprint of each gradient of
the first step, and of each tensor of the state after the second. float16 has a GradScaler, whose scale is at first small enough
for these weights: at the default one both steps would overflow. `fast` has its images in channels_last order, as `layout: 'fast'`
has; weights are contiguous in both.

Everything is exact, so the kernels are pinned: scripts/golden-environment.mjs leaves neither oneDNN's 16-bit convolutions nor
ATen's AVX-512 kernels, which sum in another order, and BatchNorm in channels_last order sums by thread, so there is one.
"""

import os
import sys
from pathlib import Path

# LibTorch reads them when it is loaded.
os.environ.update({"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"})

import torch  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
import check_files  # noqa: E402
import model as golden  # noqa: E402

FIXTURE = check_files.FIXTURES / "model" / "autocast.json"
CLASSES = 3
SEED = 5
STEPS = 2
INITIAL_SCALE = 1024
LAYOUTS = {"strided": torch.contiguous_format, "fast": torch.channels_last}


def fingerprints(tensors: dict[str, torch.Tensor]) -> dict[str, str]:
    return {name: golden.fingerprint(tensor) for name, tensor in tensors.items() if tensor.is_floating_point()}


def draw_case(dtype: torch.dtype, memory_format: torch.memory_format) -> dict:
    net = golden.model("resnet18", CLASSES, SEED)
    batch = golden.images(2, 4, 8, 8).contiguous(memory_format=memory_format)
    labels = torch.tensor([0, 1, 2, 0])
    with torch.no_grad(), torch.autocast("cpu", dtype):
        evaluation = net.eval()(batch)
    net.train()
    optimizer = torch.optim.SGD(net.parameters(), lr=golden.LR, momentum=0.9)
    scaler = torch.amp.GradScaler("cpu", init_scale=INITIAL_SCALE, enabled=dtype == torch.float16)
    logits, losses, gradients = [], [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype):
            logits.append(net(batch))
            loss = cross_entropy(logits[-1], labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(float(loss.item()).hex())
        gradients.append(fingerprints({name: parameter.grad for name, parameter in net.named_parameters()}))
    return {
        "evaluation": golden.exact(evaluation),
        "training": golden.exact(logits[0]),
        "losses": losses,
        "gradients": gradients[0],
        "state": fingerprints(net.state_dict()),
    }


def draw() -> dict:
    torch.set_num_threads(1)
    return {
        f"{str(dtype).removeprefix('torch.')} {layout}": draw_case(dtype, memory_format)
        for dtype in (torch.bfloat16, torch.float16)
        for layout, memory_format in LAYOUTS.items()
    }


if __name__ == "__main__":
    check_files.main({FIXTURE: draw}, lines=True)
