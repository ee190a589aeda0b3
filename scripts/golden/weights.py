"""Tiny weight files of every shape that PyTorch writes, as base64 in test/parity/fixtures/weights.json, and the SHA-256 of
the weights in those that torchwing reads, in weights-hashes.json.

Run with torch 2.13. `--check` draws them again and fails when one differs from the committed fixture.
"""

import base64
import collections
import hashlib
import io
import json
import os
import pickle
import re
import struct
import sys
import zipfile
from pathlib import Path

import safetensors.torch
import torch

sys.path.insert(0, str(Path(__file__).parent))
import check_files  # noqa: E402

FILES = check_files.FIXTURES / "weights.json"
HASHES = check_files.FIXTURES / "weights-hashes.json"


def saved(value: object, **options: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def ramp(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """0, 1, 2, … in row-major order: what the tests expect without a second fixture."""
    count = 1
    for size in shape:
        count *= size
    return torch.arange(count).to(dtype).reshape(shape)


def small_module() -> torch.nn.Module:
    """Convolution and BatchNorm: parameters, buffers, a 0-dim counter and versions in `_metadata`."""
    module = torch.nn.Sequential(
        collections.OrderedDict(conv=torch.nn.Conv2d(1, 2, 1, bias=False), bn=torch.nn.BatchNorm2d(2))
    )
    with torch.no_grad():
        for tensor in module.state_dict().values():
            tensor.copy_(ramp(*tensor.shape))
    return module


def every_dtype() -> dict[str, torch.Tensor]:
    names = "float32 float64 float16 bfloat16 int64 int32 uint8".split()
    tensors = {name: ramp(2, 3, dtype=getattr(torch, name)) for name in names}
    return {**tensors, "bool": torch.tensor([True, False, True]), "empty": torch.empty(0, 4), "scalar": torch.tensor(7)}


def checkpoint() -> dict[str, object]:
    """What PyTorch's ImageNet example saves: a DataParallel model's state, the optimizer's, and numbers."""
    model = small_module()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    state = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    optimizer.step()
    state["module.conv.weight"] = ramp(2, 1, 1, 1)
    return {
        "epoch": 3,
        "arch": "resnet18",
        "state_dict": state,
        "best_acc1": torch.tensor(66.5),
        "optimizer": optimizer.state_dict(),
        "started": 2**40,
        "note": None,
    }


def shared_storage() -> dict[str, torch.Tensor]:
    base = ramp(2, 3)
    return {"whole": base, "row": base[1], "transposed": base.t(), "column": base[:, 1]}


def without_checksums(value: object) -> bytes:
    torch.serialization.set_crc32_options(False)
    try:
        return saved(value)
    finally:
        torch.serialization.set_crc32_options(True)


def on_cuda(value: object) -> bytes:
    """As saved on a machine with a GPU: only the location in the pickle differs."""
    rewritten = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(value))) as source, zipfile.ZipFile(rewritten, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("data.pkl"):
                content = content.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
            target.writestr(zipfile.ZipInfo(name), content)
    return rewritten.getvalue()


def legacy(value: object) -> bytes:
    """The format before PyTorch 1.6; its storage keys, memory addresses, become "0", "1", … in order of appearance."""
    keys: dict[bytes, bytes] = {}

    def renamed(match: re.Match) -> bytes:
        key = keys.setdefault(match[1], str(len(keys)).encode())
        return b"X" + struct.pack("<I", len(key)) + key

    return re.sub(rb"X.\0\0\0(\d{9,})", renamed, saved(value, _use_new_zipfile_serialization=False), flags=re.DOTALL)


class Command:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch torchwing-was-here",)


def with_command() -> bytes:
    rewritten = io.BytesIO()
    with zipfile.ZipFile(rewritten, "w") as target:
        target.writestr(zipfile.ZipInfo("archive/data.pkl"), pickle.dumps({"weight": Command()}, protocol=2))
        target.writestr(zipfile.ZipInfo("archive/version"), "3\n")
    return rewritten.getvalue()


def aligned_anyhow(file: bytes) -> bytes:
    """The same safetensors with a header that ends where no tensor is aligned."""
    (size,) = struct.unpack("<Q", file[:8])
    header = file[8 : 8 + size].rstrip(b" ")
    header += b" " * ((3 - len(header)) % 8)
    return struct.pack("<Q", len(header)) + header + file[8 + size :]


def names_in_header(file: bytes) -> list[str]:
    (size,) = struct.unpack("<Q", file[:8])
    return [name for name in json.loads(file[8 : 8 + size]) if name != "__metadata__"]


def official_safetensors() -> bytes:
    return safetensors.torch.save(every_dtype(), metadata={"format": "pt"})


def deflated() -> bytes:
    rewritten = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved({"a": ramp(2)}))) as source, zipfile.ZipFile(rewritten, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return rewritten.getvalue()


def torch_script() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), buffer)
    return buffer.getvalue()


def weights_sha256(state: dict[str, torch.Tensor]) -> str:
    """The layout of docs/files.md, written down independently of lib/model/weights-hash.ts."""
    digest = hashlib.sha256(b"torchwing-weights-1\n")
    for name, tensor in state.items():
        for text in (name.encode(), str(tensor.dtype).removeprefix("torch.").encode()):
            digest.update(struct.pack("<I", len(text)) + text)
        digest.update(struct.pack(f"<I{tensor.dim()}Q", tensor.dim(), *tensor.shape))
        content = tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
        digest.update(struct.pack("<Q", len(content)) + content)
    return digest.hexdigest()


def draw_files() -> dict[str, str]:
    files = {
        "module": saved(small_module().state_dict()),
        "parallelModule": saved(torch.nn.DataParallel(small_module()).state_dict()),
        "safetensors": official_safetensors(),
        "safetensorsUnaligned": aligned_anyhow(official_safetensors()),
        "plainDict": saved({"a": ramp(2, 2), "b": ramp(3)}),
        "parameters": saved({"a": torch.nn.Parameter(ramp(2, 2))}),
        "everyDtype": saved(every_dtype()),
        "checkpoint": saved(checkpoint()),
        "modelEntry": saved({"model": {"a": ramp(2, 2)}, "epoch": 1}),
        "sharedStorage": saved(shared_storage()),
        "withoutChecksums": without_checksums({"a": ramp(2, 2)}),
        "onCuda": on_cuda({"a": ramp(2, 2)}),
        "command": with_command(),
        "wholeModule": saved(torch.nn.ReLU()),
        "torchScript": torch_script(),
        "deflated": deflated(),
        "legacy": legacy({"a": ramp(2, 2)}),
        "legacyViews": legacy({**shared_storage(), "counts": ramp(3, dtype=torch.int64)}),
        "int8": saved({"a": ramp(2, 2, dtype=torch.int8)}),
        "singleTensor": saved(ramp(2, 2)),
    }
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def draw_hashes() -> dict[str, str]:
    states = {
        "module": small_module().state_dict(),
        "plainDict": {"a": ramp(2, 2), "b": ramp(3)},
        "parameters": {"a": ramp(2, 2)},
        "everyDtype": every_dtype(),
        "safetensors": {name: every_dtype()[name] for name in names_in_header(official_safetensors())},
        "checkpoint": {k.removeprefix("module."): v for k, v in checkpoint()["state_dict"].items()},
        "sharedStorage": shared_storage(),
        "legacy": {"a": ramp(2, 2)},
        "onCuda": {"a": ramp(2, 2)},
    }
    return {name: weights_sha256(state) for name, state in states.items()}


def content(file: bytes) -> object:
    """What a file says, without what depends on the process that wrote it.

    A legacy file has its storages in the order of their memory addresses; TorchScript's .debug_pkl holds paths, and
    serialization_id is a hash over it.
    """
    if not zipfile.is_zipfile(io.BytesIO(file)):
        return weights_sha256(torch.load(io.BytesIO(file), weights_only=True))
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        names = [name for name in archive.namelist() if not name.endswith((".debug_pkl", "/serialization_id"))]
        return {name: archive.read(name) for name in names}


def same(fresh: str, committed: str) -> bool:
    """Base64 files that are equal or say the same; or equal hashes."""
    if fresh == committed:
        return True
    files = (base64.b64decode(text) for text in (fresh, committed))
    try:
        first, second = (content(file) for file in files)
    except (OSError, RuntimeError, ValueError, pickle.UnpicklingError):
        return False
    return first == second


if __name__ == "__main__":
    check_files.main({FILES: draw_files, HASHES: draw_hashes}, same)
