"""Runs a Python training script unchanged and prints `FIRST_STEP` once its first SGD step is done.

    python first_step.py SCRIPT ARGUMENTS...
"""

import runpy
import sys

import torch

original_step = torch.optim.SGD.step


def step_and_say(self, *arguments, **options):
    result = original_step(self, *arguments, **options)
    torch.optim.SGD.step = original_step
    print("FIRST_STEP", flush=True)
    return result


torch.optim.SGD.step = step_and_say
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
