"""Writes optimizers.json: 50 steps of each optimizer on a small linear problem, by PyTorch, timm and fastai.

pip install torch timm fastai; python make_optimizers.py
"""

import json
from functools import partial
from importlib.metadata import version
from pathlib import Path

import fastai.optimizer as fastai
import timm.optim
import torch
from torch import optim

SHAPES = [[4, 3], [2, 2, 2], [3], [2]]
"""The first two decay, the others, a bias and a norm, don't."""
SIZES = [int(torch.tensor(s).prod()) for s in SHAPES]
N = sum(SIZES)
STEPS = 50
LR, WD = 0.01, 0.1

torch.manual_seed(0)
root = torch.randn(N, N, dtype=torch.float64) / N**0.5
A = root @ root.T + 0.1 * torch.eye(N, dtype=torch.float64)
C = torch.randn(N, dtype=torch.float64)
START = torch.randn(N, dtype=torch.float64)


def run(make):
    """Parameters after every fifth step; the gradient is A·p − c."""
    parts = [p.reshape(s).clone().requires_grad_() for p, s in zip(START.split(SIZES), SHAPES)]
    optimizer = make([{"params": parts[:2], "weight_decay": WD}, {"params": parts[2:], "weight_decay": 0.0}])
    rows = []
    for step in range(1, STEPS + 1):
        with torch.no_grad():
            flat = torch.cat([p.reshape(-1) for p in parts])
            for p, g in zip(parts, (A @ flat - C).split(SIZES)):
                p.grad = g.reshape(p.shape).clone()
        optimizer.step()
        if step % 5 == 0:
            rows.append(torch.cat([p.detach().reshape(-1) for p in parts]).tolist())
    return rows


def of_fastai(make):
    """fastai's optimizers take lists of parameters, and hyperparameters for each."""

    def built(groups):
        optimizer = make([g["params"] for g in groups], lr=LR)
        optimizer.set_hyper("wd", [g["weight_decay"] for g in groups])
        return optimizer

    return built


CASES = {
    "sgd": lambda g: optim.SGD(g, lr=LR, momentum=0.9),
    "sgd without momentum": lambda g: optim.SGD(g, lr=LR),
    "sgd nesterov": lambda g: optim.SGD(g, lr=LR, momentum=0.8, nesterov=True),
    "sgd decoupled": of_fastai(partial(fastai.SGD, mom=0.9)),
    "adam": lambda g: optim.Adam(g, lr=LR, betas=(0.9, 0.99), eps=1e-5),
    "adamw": lambda g: optim.AdamW(g, lr=LR, betas=(0.9, 0.99), eps=1e-5),
    "rmsprop": lambda g: optim.RMSprop(g, lr=LR),
    "rmsprop centered": lambda g: optim.RMSprop(g, lr=LR, alpha=0.9, centered=True, momentum=0.9),
    "radam": lambda g: optim.RAdam(g, lr=LR, betas=(0.9, 0.99), eps=1e-5, decoupled_weight_decay=True),
    "radam l2": lambda g: optim.RAdam(g, lr=LR),
    "lamb": lambda g: timm.optim.Lamb(g, lr=LR, max_grad_norm=None),
    "lamb always": lambda g: timm.optim.Lamb(g, lr=LR, max_grad_norm=None, always_adapt=True, trust_clip=True),
    "lion": lambda g: timm.optim.Lion(g, lr=LR),
    # timm's Lookahead begins its slow weights at the k-th step, not at the first, as the paper does.
    "lookahead": of_fastai(lambda p, lr: fastai.Lookahead(fastai.Adam(p, lr=lr), k=6, alpha=0.5)),
    "lookahead sgd": of_fastai(
        lambda p, lr: fastai.Lookahead(fastai.SGD(p, lr=lr, mom=0.9, decouple_wd=False), k=4, alpha=0.3)
    ),
    "ranger": of_fastai(partial(fastai.ranger, eps=1e-12)),
}

if __name__ == "__main__":
    out = {
        "versions": {"torch": torch.__version__, "timm": timm.__version__, "fastai": version("fastai")},
        "shapes": SHAPES,
        "lr": LR,
        "wd": WD,
        "A": A.reshape(-1).tolist(),
        "c": C.tolist(),
        "start": START.tolist(),
        "steps": {name: run(make) for name, make in CASES.items()},
    }
    text = json.dumps(out, default=float)
    text = json.dumps(json.loads(text, parse_float=lambda x: float(f"{float(x):.8g}")))
    (Path(__file__).parent / "optimizers.json").write_text(text + "\n")
