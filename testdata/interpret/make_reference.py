"""Writes reference.json: small predictions with what scikit-learn, SciPy and cleanlab say of them.

Run with scikit-learn 1.9, SciPy 1.17, cleanlab 2.9: python make_reference.py
Probabilities are float32, as onecycle has them. The maximum calibration error is taken as Guo et al. (2017) do.
"""

import json
import pathlib
import warnings

import numpy as np
from cleanlab.count import compute_confident_joint
from scipy import optimize, special, stats
from sklearn import metrics as m

warnings.filterwarnings("ignore")
rng = np.random.default_rng(7)
KEYS = {"precision": "precision", "recall": "recall", "f1-score": "f1", "support": "support"}


def scores(row):
    return {ours: float(row[theirs]) for theirs, ours in KEYS.items()}


def report(y, yes, names):
    r = m.classification_report(y, yes, labels=range(len(names)), target_names=names, output_dict=True, zero_division=0)
    averages = {k: scores(r[f"{k} avg"]) for k in ("micro", "macro", "weighted", "samples") if f"{k} avg" in r}
    return {"classes": [scores(r[name]) for name in names], **averages}


def bins(confidence, right, count=15):
    out, ece, mce = [], 0.0, 0.0
    for b in range(count):
        low, high = b / count, (b + 1) / count
        inside = (confidence > low) & (confidence <= high) if b else confidence <= high
        out.append(int(inside.sum()))
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            ece, mce = ece + inside.mean() * gap, max(mce, gap)
    return {"counts": out, "ece": float(ece), "mce": float(mce)}


def temperature(loss):
    found = optimize.minimize_scalar(lambda t: loss(np.exp(t)), bounds=(np.log(0.05), np.log(20)), method="bounded",
                                     options={"xatol": 1e-10})
    return {"temperature": float(np.exp(found.x)), "before": float(loss(1.0)), "after": float(found.fun)}


def single(n, c, sharpness):
    z = (rng.normal(size=(n, c)) * sharpness).astype(np.float32)
    y = rng.integers(0, c, n)
    z[np.arange(n), y] += 1.5
    p = special.softmax(z.astype(np.float64), axis=1).astype(np.float32)
    # A sixth of the labels is changed, so that some are worth doubting.
    y[: n // 6] = (y[: n // 6] + 1) % c
    yes = p.argmax(1)
    z64 = z.astype(np.float64)
    _, issues = compute_confident_joint(y, p.astype(np.float64), return_indices_of_off_diagonals=True, calibrate=False)
    return {
        "logits": z.ravel().tolist(), "preds": p.ravel().tolist(), "targets": y.tolist(), "classes": c,
        "report": report(y, yes, [f"c{i}" for i in range(c)]),
        "confusion": {
            str(by): m.confusion_matrix(y, yes, normalize=by).tolist() for by in (None, "true", "pred", "all")
        },
        "losses": [float(m.log_loss([t], [row], labels=range(c))) for t, row in zip(y, p.astype(np.float64))],
        "reliability": bins(p.max(1).astype(np.float64), (yes == y).astype(np.float64)),
        "temperature": temperature(
            lambda t: -special.log_softmax(z64 / t, axis=1)[np.arange(n), y].mean()
        ),
        "issues": sorted(int(i) for i in issues),
    }


def multi(n, c):
    z = (rng.normal(size=(n, c)) * 3).astype(np.float32)
    y = (z + rng.normal(size=(n, c)) * 4 > 1).astype(int)
    p = special.expit(z.astype(np.float64)).astype(np.float32)
    p64, z64 = p.astype(np.float64), z.astype(np.float64)
    return {
        "logits": z.ravel().tolist(), "preds": p.ravel().tolist(), "targets": y.ravel().tolist(), "classes": c,
        "report": report(y, (p > 0.5).astype(int), [f"c{i}" for i in range(c)]),
        "accuracy": float(m.accuracy_score(y, p > 0.5)),
        "losses": (-(y * np.log(p64) + (1 - y) * np.log(1 - p64)).mean(1)).tolist(),
        "reliability": bins(p64.ravel(), y.ravel().astype(np.float64)),
        "temperature": temperature(lambda t: (np.logaddexp(0, z64 / t) - y * z64 / t).mean()),
    }


PAIRS = ((0, 0), (1, 0), (5, 1), (12, 3), (40, 25), (3, 3), (700, 620))
out = {
    "single": {"sure": single(48, 4, 2.5), "unsure": single(60, 3, 0.4)},
    "multi": multi(40, 5),
    "mcnemar": [
        [b, c, float(stats.binomtest(min(b, c), b + c, 0.5).pvalue) if b + c else 1.0] for b, c in PAIRS
    ],
}
pathlib.Path(__file__).with_name("reference.json").write_text(json.dumps(out) + "\n")
