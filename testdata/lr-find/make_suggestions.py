"""Writes suggestions.json: what fastai's four suggestion functions say of some curves of its learning rate finder.

pip install torch fastai; python make_suggestions.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import torch
from fastai.callback.schedule import minimum, slide, steep, valley

N = 100


def curve(fall, turn, noise, seed, n=N):
    """Flat, falling around `fall`, rising from `turn` on, with noise; smoothed as fastai's recorder does (0.98, debiased)."""
    generator = torch.Generator().manual_seed(seed)
    lrs = [1e-7 * (10 / 1e-7) ** (i / (n - 1)) for i in range(n)]
    losses, average = [], 0.0
    for i, lr in enumerate(lrs):
        loss = (3 - 2 / (1 + (fall / lr) ** 2)) * (1 + (lr / turn) ** 2)
        loss *= 1 + noise * float(torch.randn(1, generator=generator))
        average = 0.98 * average + 0.02 * loss
        losses.append(average / (1 - 0.98 ** (i + 1)))
        if losses[-1] > 4 * min(losses):
            break
    return lrs[: len(losses)], losses


def suggestions(lrs, losses):
    lrs, losses = torch.tensor(lrs), torch.tensor(losses)
    return {f.__name__: float(f(lrs, losses, N)[0]) for f in (valley, slide, minimum, steep)}


CASES = {
    "smooth": curve(1e-4, 1e-1, 0, 0),
    "noisy": curve(1e-3, 1, 0.1, 1),
    "low rates": curve(1e-6, 1e-3, 0.05, 2),
    "very noisy": curve(1e-4, 0.3, 0.3, 3),
    "rising only": curve(1e-9, 1e-5, 0.02, 4),
    "short": curve(1e-4, 1e-1, 0.05, 5, 24),
}

if __name__ == "__main__":
    out = {
        "fastai": version("fastai"),
        "curves": [
            {"name": name, "lrs": lrs, "losses": losses, "suggestions": suggestions(lrs, losses)}
            for name, (lrs, losses) in CASES.items()
        ],
    }
    text = json.dumps(json.loads(json.dumps(out), parse_float=lambda x: float(f"{float(x):.8g}")))
    (Path(__file__).parent / "suggestions.json").write_text(text + "\n")
