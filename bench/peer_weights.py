"""PyTorch's and safetensors' side of `npm run bench:weights`: prints one JSON line of milliseconds (medians) and bytes.

    python peer_weights.py FILE FOLDER FORMAT REPEATS

FORMAT is pth (torch.load without mmap, torch.save) or safetensors (load_file, save_file); each save is brought to the
disk by fsync. The extra memory is the peak during the first load.
"""

import json
import os
import re
import statistics
import sys
import time
from pathlib import Path

import torch


def status_bytes(field: str) -> int:
    return int(re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def main() -> None:
    file, target, form, repeats = sys.argv[1], Path(sys.argv[2]) / "python", sys.argv[3], int(sys.argv[4])
    if form == "pth":
        read, write = (lambda: torch.load(file, weights_only=True)), torch.save
    else:
        import safetensors.torch

        read, write = (lambda: safetensors.torch.load_file(file)), safetensors.torch.save_file
    Path(file).read_bytes()  # both sides read from the file cache
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts again
    before = status_bytes("VmRSS")
    state = read()
    extra_bytes = status_bytes("VmHWM") - before
    del state

    load, save = [], []
    for _ in range(repeats):
        begin = time.perf_counter()
        state = read()
        load.append(time.perf_counter() - begin)
        target.unlink(missing_ok=True)
        begin = time.perf_counter()
        write(state, target)
        descriptor = os.open(target, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        save.append(time.perf_counter() - begin)
        del state
    milliseconds = {name: statistics.median(times) * 1000 for name, times in (("load", load), ("save", save))}
    print(json.dumps({**milliseconds, "extraBytes": extra_bytes}))


if __name__ == "__main__":
    main()
