"""ONNX files of torchwing: the ONNX checker accepts them, and onnxruntime computes torchvision's own logits from them.

For each ResNet Python makes weights with BatchNorm statistics of its own, `torchwing export` writes them as ONNX, plain or
with BatchNorm folded, and onnxruntime-node runs that on two random images. Needs the built project; LIBTORCH
defaults to this Python's torch.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import onnx
import torch
import torchvision

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"LIBTORCH": str(Path(torch.__file__).parent), **os.environ}
CLASSES = 5
SIZE = 224
RUN = """
const ort = require('onnxruntime-node');
const { readFileSync, writeFileSync } = require('node:fs');
const [model, input, output, size] = process.argv.slice(1);
(async () => {
  const session = await ort.InferenceSession.create(model);
  const bytes = readFileSync(input);
  const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const images = new ort.Tensor('float32', data, [data.length / (3 * size * size), 3, Number(size), Number(size)]);
  const { logits } = await session.run({ images });
  writeFileSync(output, new Uint8Array(logits.data.buffer, logits.data.byteOffset, logits.data.byteLength));
})();
"""
# Plain and folded for one of each kind of block; the others, which only repeat them, folded.
ARCHITECTURES = {
    "resnet18": (False, True),
    "resnet34": (True,),
    "resnet50": (False, True),
    "resnet101": (True,),
    "resnet152": (True,),
}
# Both are float32; sums of up to 152 layers in another order.
RELATIVE = 1e-5


def make_model(arch: str) -> torch.nn.Module:
    """Random weights, scaled so that activations keep their size, and BatchNorm statistics that are not 0 and 1."""
    torch.manual_seed(0)
    model = getattr(torchvision.models, arch)(num_classes=CLASSES).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1)
            module.bias.data.normal_(0, 0.1)
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return model


def node(*arguments: object) -> None:
    subprocess.run(["node", *map(str, arguments)], cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)


def check_structure(model: onnx.ModelProto, module: torch.nn.Module, folded: bool) -> None:
    onnx.checker.check_model(model, full_check=True)
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)
    assert model.producer_name == "torchwing"
    (given,), (found,) = model.graph.input, model.graph.output
    sizes = [dim.dim_param or dim.dim_value for dim in given.type.tensor_type.shape.dim]
    assert (given.name, sizes) == ("images", ["N", 3, SIZE, SIZE]), sizes
    assert [dim.dim_param or dim.dim_value for dim in found.type.tensor_type.shape.dim] == ["N", CLASSES]
    kinds = [entry.op_type for entry in model.graph.node]
    convolutions = sum(isinstance(part, torch.nn.Conv2d) for part in module.modules())
    assert kinds.count("Conv") == convolutions
    assert kinds.count("BatchNormalization") == (0 if folded else convolutions)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata["transforms"])[1] == {"type": "centerCrop", "size": SIZE}
    if not folded:
        tensors = {entry.name: onnx.numpy_helper.to_array(entry) for entry in model.graph.initializer}
        state = {name: value for name, value in module.state_dict().items() if value.dtype == torch.float32}
        assert tensors.keys() == state.keys()
        assert all((tensors[name] == state[name].numpy()).all() for name in state), "an initializer differs"


def check(arch: str, variants: tuple[bool, ...], folder: Path) -> float:
    module = make_model(arch)
    weights, images, logits = folder / "w.pth", folder / "images.bin", folder / "logits.bin"
    torch.save(module.state_dict(), weights)
    inputs = torch.randn(2, 3, SIZE, SIZE)
    images.write_bytes(inputs.numpy().tobytes())
    with torch.no_grad():
        expected = module(inputs)
    worst = 0.0
    for folded in variants:
        file = folder / "w.onnx"
        flags = ["--fold-batch-norm"] if folded else []
        node("dist/cli/main.js", "export", weights, "--output", file, "--overwrite", *flags)
        check_structure(onnx.load(file), module, folded)
        node("-e", RUN, file, images, logits, SIZE)
        found = torch.frombuffer(bytearray(logits.read_bytes()), dtype=torch.float32).reshape(expected.shape)
        worst = max(worst, float((found - expected).abs().max() / expected.abs().max()))
    assert worst <= RELATIVE, f"{arch}: logits differ by {worst} of the largest"
    return worst


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for arch, variants in ARCHITECTURES.items():
            worst = check(arch, variants, Path(name))
            print(f"{arch}: the checker accepts it; logits of onnxruntime differ by {worst:.1e} of the largest")


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, subprocess.CalledProcessError) as error:
        sys.exit(f"open_exports.py: {error!r}")
