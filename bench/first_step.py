"""Runs a Python training script unchanged and prints `FIRST_STEP` once its first SGD step is done.

    python first_step.py SCRIPT ARGUMENTS...
"""

import runpy
import sys

import torch

original_step = torch.optim.SGD.step
said = False


def step_and_say(self, *arguments, **options):
    # A scheduler keeps the optimizer's step function for itself, so putting the original back would not end this.
    global said
    result = original_step(self, *arguments, **options)
    if not said:
        said = True
        print("FIRST_STEP", flush=True)
    return result


torch.optim.SGD.step = step_and_say
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
