"""Writes reference.json: small predictions with what scikit-learn says of them, under onecycle's names of metrics.

Run with scikit-learn 1.9: python make_reference.py
Probabilities are float32, as onecycle has them. Calibration error is not scikit-learn's: bins are taken as Guo et al. (2017) do.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m

warnings.filterwarnings("ignore")
rng = np.random.default_rng(0)


def probabilities(n, c, sharpness=1.0):
    z = rng.normal(size=(n, c)) * sharpness
    p = np.exp(z)
    p = np.round(p / p.sum(1, keepdims=True), 3)
    p[:, -1] = np.round(1 - p[:, :-1].sum(1), 3)
    return p.astype(np.float32)


def calibration_error(y, p, bins=15):
    confidence, right = p.max(1).astype(np.float64), (p.argmax(1) == y).astype(np.float64)
    total = 0
    for low in range(bins):
        inside = (confidence > low / bins) & (confidence <= (low + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


def counting(y, yes, averages):
    out = {}
    for average in averages:
        suffix = "" if average == "macro" else f"_{average}"
        out[f"precision{suffix}"] = m.precision_score(y, yes, average=average)
        out[f"recall{suffix}"] = m.recall_score(y, yes, average=average)
        for beta in (1, 2, 0.5):
            out[f"f{beta:g}{suffix}"] = m.fbeta_score(y, yes, beta=beta, average=average)
    return out


def single(y, p):
    n, c = p.shape
    labels = list(range(c))
    yes = p.argmax(1)
    onehot = np.eye(c)[y]
    out = {
        "accuracy": m.accuracy_score(y, yes),
        "error_rate": 1 - m.accuracy_score(y, yes),
        "balanced_accuracy": m.balanced_accuracy_score(y, yes),
        "cohen_kappa": m.cohen_kappa_score(y, yes, labels=labels),
        "cohen_kappa_linear": m.cohen_kappa_score(y, yes, labels=labels, weights="linear"),
        "cohen_kappa_quadratic": m.cohen_kappa_score(y, yes, labels=labels, weights="quadratic"),
        "matthews": m.matthews_corrcoef(y, yes),
        "log_loss": m.log_loss(y, p, labels=labels),
        "brier": m.brier_score_loss(y, p, labels=labels) if c > 2 else m.brier_score_loss(y, p[:, 1], labels=labels, pos_label=1),
        "calibration_error": calibration_error(y, p),
        **counting(y, yes, ["macro", "micro", "weighted"] + (["binary"] if c == 2 else [])),
    }
    if c == 2:
        out["roc_auc"] = m.roc_auc_score(y, p[:, 1])
        out["average_precision"] = m.average_precision_score(y, p[:, 1])
    else:
        for k in (1, 2, 3):
            out[f"top_{k}"] = m.top_k_accuracy_score(y, p, k=k, labels=labels)
        for average in ("macro", "micro", "weighted"):
            suffix = "" if average == "macro" else f"_{average}"
            # Each class against all others; told so, scikit-learn leaves an absent class undefined instead of refusing.
            out[f"roc_auc{suffix}"] = m.roc_auc_score(onehot, p, average=average)
            out[f"average_precision{suffix}"] = m.average_precision_score(onehot, p, average=average)
    return case("single-label", p, y.astype(int).tolist(), out)


def multi(y, p):
    yes = (p > 0.5).astype(int)
    out = {
        "accuracy_thresh": 1 - m.hamming_loss(y, yes),
        "log_loss": np.mean([m.log_loss(y[:, c], p[:, c], labels=[0, 1]) for c in range(p.shape[1])]),
        "brier": np.mean((p.astype(np.float64) - y) ** 2),
        **counting(y, yes, ["macro", "micro", "weighted", "samples"]),
    }
    for average in ("macro", "micro", "weighted"):
        suffix = "" if average == "macro" else f"_{average}"
        out[f"roc_auc{suffix}"] = m.roc_auc_score(y, p, average=average)
        out[f"average_precision{suffix}"] = m.average_precision_score(y, p, average=average)
    return case("multi-label", p, y.astype(int).ravel().tolist(), out)


def regression(y, p):
    out = {
        "mae": m.mean_absolute_error(y, p),
        "mse": m.mean_squared_error(y, p),
        "rmse": m.root_mean_squared_error(y, p),
        "r2": m.r2_score(y, p),
        "explained_variance": m.explained_variance_score(y, p),
    }
    return case("regression", p, [float(x) for x in y.ravel()], out)


def case(task, p, targets, expected):
    return {
        "task": task,
        "classes": p.shape[1],
        "preds": [float(f"{x:.6g}") for x in p.ravel()],
        "targets": targets,
        # JSON has no NaN: undefined is null.
        "expected": {k: None if math.isnan(v) else float(v) for k, v in expected.items()},
    }


def values(n, c):
    return np.round(rng.normal(size=(n, c)), 3).astype(np.float32)


def labels_of(n, c):
    return (rng.uniform(size=(n, c)) < 0.4).astype(int)


four = probabilities(40, 4)
two = probabilities(30, 2)
y3 = values(20, 3)
off = np.round(y3 + 0.5 * rng.normal(size=y3.shape), 3).astype(np.float32)
constant = y3.copy()
constant[:, 1] = 2
sparse = labels_of(24, 3)
sparse[:, 2] = 0
coarse = (np.round(rng.uniform(size=(30, 3)) * 8) / 8).astype(np.float32)
sharp = np.eye(3)[rng.integers(0, 3, 20)].astype(np.float32)
CASES = {
    "four classes": single(rng.integers(0, 4, 40), four),
    "four classes, mostly right": single(np.where(rng.uniform(size=40) < 0.8, four.argmax(1), rng.integers(0, 4, 40)), four),
    "two classes": single(rng.integers(0, 2, 30), two),
    "two classes, probabilities that are equal": single(rng.integers(0, 2, 30), np.repeat(two[:6], 5, 0)),
    "a class without pictures": single(rng.choice([0, 2, 3], 40), four),
    "a class that is neither true nor predicted": single(rng.choice([0, 1], 20), np.insert(two[:20], 2, 0, axis=1)),
    "one class only, always right": single(np.zeros(10, int), np.tile(np.float32([[0.5, 0.25, 0.25]]), (10, 1))),
    "one class only, never predicted": single(np.zeros(10, int), np.tile(np.float32([[0.25, 0.5, 0.25]]), (10, 1))),
    "probabilities of 0 and 1": single(rng.integers(0, 3, 20), sharp),
    "several labels": multi(labels_of(30, 3), probabilities(30, 3, 2)),
    "several labels, probabilities that are equal": multi(labels_of(30, 3), coarse),
    "several labels, a class without pictures": multi(sparse, coarse[:24]),
    "several labels, none anywhere": multi(np.zeros((8, 2), int), coarse[:8, :2]),
    "three outputs": regression(y3, off),
    "one output": regression(y3[:, :1], off[:, :1]),
    "an output that is constant": regression(constant, off),
    "a constant that is met": regression(constant, constant),
    "all off by the same": regression(y3, (y3 + np.float32(0.5))),
    "one picture": regression(y3[:1], off[:1]),
}

out = pathlib.Path(__file__).with_name("reference.json")
out.write_text(json.dumps({"sklearn": sklearn.__version__, "cases": CASES}, indent=1) + "\n")
