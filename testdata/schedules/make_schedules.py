"""Writes schedules.json: the rates of 50 iterations by PyTorch's schedulers and fastai's, highest rate 1.

pip install torch fastai; python make_schedules.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import torch
from fastai.callback.schedule import SchedCos, combine_scheds, combined_cos
from torch.optim import lr_scheduler as ls

STEPS = 50


def of_torch(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def of_fastai(schedule):
    return [float(schedule(i / (STEPS - 1))) for i in range(STEPS)]


LAST = STEPS - 1
CASES = {
    "one cycle": of_fastai(combined_cos(0.25, 1 / 25, 1.0, 1 / 1e5)),
    "flat cosine": of_fastai(combined_cos(0.75, 1.0, 1.0, 1 / 1e5)),
    "cosine": of_torch(lambda o: ls.CosineAnnealingLR(o, T_max=LAST, eta_min=0.1)),
    "restarts": of_torch(lambda o: ls.CosineAnnealingWarmRestarts(o, T_0=7, T_mult=2, eta_min=0.05)),
    "restarts alike": of_torch(lambda o: ls.CosineAnnealingWarmRestarts(o, T_0=10)),
    # fastai's fit_sgdr with three cycles, the first of 7 epochs; positions in the middle of each epoch.
    "sgdr": [float(combine_scheds([7 / 49, 14 / 49, 28 / 49], [SchedCos(1, 0)] * 3)((i + 0.5) / 49)) for i in range(49)],
    "linear": of_torch(lambda o: ls.PolynomialLR(o, total_iters=LAST)),
    "polynomial": of_torch(lambda o: ls.PolynomialLR(o, total_iters=LAST, power=2.5)),
    "step": of_torch(lambda o: ls.StepLR(o, step_size=12, gamma=0.3)),
    "multi-step": of_torch(lambda o: ls.MultiStepLR(o, milestones=[5, 20, 45], gamma=0.5)),
    "exponential": of_torch(lambda o: ls.ExponentialLR(o, gamma=0.93)),
    "warm-up, cosine": of_torch(
        lambda o: ls.SequentialLR(
            o, [ls.LinearLR(o, 0.1, 1.0, total_iters=10), ls.CosineAnnealingLR(o, T_max=LAST - 10)], milestones=[10]
        )
    ),
    "warm-up, step": of_torch(
        lambda o: ls.SequentialLR(o, [ls.LinearLR(o, 0.2, 1.0, total_iters=5), ls.StepLR(o, 9)], milestones=[5])
    ),
}

if __name__ == "__main__":
    out = {"versions": {"torch": torch.__version__, "fastai": version("fastai")}, "rates": CASES}
    (Path(__file__).parent / "schedules.json").write_text(json.dumps(out) + "\n")
