"""Writes losses.json: values and gradients of PyTorch's losses (torchvision's focal loss) on small outputs.

Run with torch 2.15 and torchvision: python make_losses.py
"""

import json
import pathlib

import torch
import torchvision
from torch.nn import functional as F

torch.manual_seed(0)
N, C = 6, 4
D = torch.float64


def rounded(x):
    return torch.tensor([[float(f"{v:.4f}") for v in row] for row in x.tolist()], dtype=D)


z = rounded(2 * torch.randn(N, C, dtype=D))
z[0, 0] = 30  # so sure that 1 - p is 0 in single precision
z[1, 1] = -40
labels = torch.tensor([0, 3, 2, 2, 1, 0])
onehot = F.one_hot(labels, C).to(D)
mixed = rounded(0.7 * onehot + 0.3 * onehot[[3, 0, 4, 1, 5, 2]])
several = (torch.rand(N, C, dtype=D) < 0.4).to(D)
values = rounded(3 * torch.randn(N, C, dtype=D))
weights = torch.tensor([0.5, 2.0, 1.0, 3.0], dtype=D)
z2 = z[:, :2].clone()
labels2 = torch.tensor([0, 1, 1, 0, 1, 0])
onehot2 = F.one_hot(labels2, 2).to(D)


def softmax_focal(x, t, gamma, alpha):
    logp = F.log_softmax(x, 1)
    return (-(t * alpha) * (1 - logp.exp()) ** gamma * logp).sum(1).mean()


def weighted_soft(x, t):
    # PyTorch's sum over mixed targets, divided by what they count as it does for whole ones.
    return F.cross_entropy(x, t, weight=weights, reduction="sum") / (t * weights).sum()


W = weights.tolist()
CASES = [
    ("crossEntropy", {}, z, onehot, lambda x: F.cross_entropy(x, labels)),
    ("crossEntropy", {"labelSmoothing": 0.1}, z, onehot, lambda x: F.cross_entropy(x, labels, label_smoothing=0.1)),
    ("crossEntropy", {"classWeights": W}, z, onehot, lambda x: F.cross_entropy(x, labels, weight=weights)),
    (
        "crossEntropy",
        {"classWeights": W, "labelSmoothing": 0.2},
        z,
        onehot,
        lambda x: F.cross_entropy(x, labels, weight=weights, label_smoothing=0.2),
    ),
    ("crossEntropy", {}, z, mixed, lambda x: F.cross_entropy(x, mixed)),
    ("crossEntropy", {"labelSmoothing": 0.1}, z, mixed, lambda x: F.cross_entropy(x, mixed, label_smoothing=0.1)),
    ("crossEntropy", {"classWeights": W}, z, mixed, lambda x: weighted_soft(x, mixed)),
    ("focal", {}, z, onehot, lambda x: softmax_focal(x, onehot, 2, 1)),
    ("focal", {"gamma": 0}, z, onehot, lambda x: F.cross_entropy(x, labels)),
    ("focal", {"gamma": 0.5, "alpha": W}, z[1:], onehot[1:], lambda x: softmax_focal(x, onehot[1:], 0.5, weights)),
    ("focal", {"alpha": 0.25}, z2, onehot2, lambda x: softmax_focal(x, onehot2, 2, torch.tensor([0.75, 0.25], dtype=D))),
    ("focal", {}, z, mixed, lambda x: softmax_focal(x, mixed, 2, 1)),
    ("focal", {}, z, several, lambda x: torchvision.ops.sigmoid_focal_loss(x, several, reduction="mean")),
    (
        "focal",
        {"gamma": 1.5, "alpha": 0.6},
        z,
        several,
        lambda x: torchvision.ops.sigmoid_focal_loss(x, several, gamma=1.5, alpha=0.6, reduction="mean"),
    ),
    (
        "focal",
        {"alpha": W},
        z,
        several,
        lambda x: (torchvision.ops.sigmoid_focal_loss(x, several, alpha=-1) * weights).mean(),
    ),
    ("binaryCrossEntropy", {}, z, several, lambda x: F.binary_cross_entropy_with_logits(x, several)),
    (
        "binaryCrossEntropy",
        {"posWeight": W},
        z,
        several,
        lambda x: F.binary_cross_entropy_with_logits(x, several, pos_weight=weights),
    ),
    (
        "binaryCrossEntropy",
        {"classWeights": W, "posWeight": W[::-1]},
        z,
        several,
        lambda x: F.binary_cross_entropy_with_logits(x, several, weight=weights, pos_weight=weights.flip(0)),
    ),
    (
        "binaryCrossEntropy",
        {"labelSmoothing": 0.1},
        z,
        several,
        lambda x: F.binary_cross_entropy_with_logits(x, several * 0.9 + 0.05),
    ),
    ("binaryCrossEntropy", {}, z, mixed, lambda x: F.binary_cross_entropy_with_logits(x, mixed)),
    ("mseLoss", {}, z, values, lambda x: F.mse_loss(x, values)),
    ("maeLoss", {}, z, values, lambda x: F.l1_loss(x, values)),
    ("huber", {}, z, values, lambda x: F.huber_loss(x, values)),
    ("huber", {"delta": 2.5}, z, values, lambda x: F.huber_loss(x, values, delta=2.5)),
    ("smoothL1", {}, z, values, lambda x: F.smooth_l1_loss(x, values)),
    ("smoothL1", {"beta": 0.5}, z, values, lambda x: F.smooth_l1_loss(x, values, beta=0.5)),
]


def task_of(name, targets):
    if name == "crossEntropy" or (name == "focal" and targets is not several):
        return "single-label"
    return "multi-label" if name in ("binaryCrossEntropy", "focal") else "regression"


out = []
for name, options, x, targets, compute in CASES:
    leaf = x.clone().requires_grad_()
    loss = compute(leaf)
    loss.backward()
    out.append(
        {
            "loss": name,
            "options": options,
            "task": task_of(name, targets),
            "dims": list(x.shape),
            "outputs": x.flatten().tolist(),
            "targets": targets.flatten().tolist(),
            "value": loss.item(),
            "gradient": [float(f"{g:.9g}") for g in leaf.grad.flatten().tolist()],
        }
    )
path = pathlib.Path(__file__).with_name("losses.json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": out}) + "\n")
