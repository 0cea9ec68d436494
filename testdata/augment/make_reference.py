"""Reference values for src/data/augment/reference.test.ts, made with torchvision and Pillow; the versions are in the file.

python make_reference.py > reference.json
"""

import base64
import json
import math
import random

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import AutoAugment, RandAugment, TrivialAugmentWide, _apply_op

SIZE = 24
GRADIENT = 33


def text(pixels):
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()


def planes(image):
    return text(np.asarray(image).transpose(2, 0, 1))


# Noise over a gradient, without the darkest and brightest values, and one channel flatter than the others.
random.seed(3)
noise = np.array([[[40 + 5 * x + random.randrange(60), 30 + random.randrange(180), 90 + 2 * y + random.randrange(20)]
                   for x in range(SIZE)] for y in range(SIZE)], np.uint8)
picture = Image.fromarray(noise)

COLOURS = {
    **{f"adjustBrightness {f}": (lambda f: lambda i: F.adjust_brightness(i, f))(f) for f in (0, 0.4, 1.37)},
    **{f"adjustContrast {f}": (lambda f: lambda i: F.adjust_contrast(i, f))(f) for f in (0.3, 1.8)},
    **{f"adjustSaturation {f}": (lambda f: lambda i: F.adjust_saturation(i, f))(f) for f in (0, 0.55, 1.9)},
    **{f"adjustSharpness {f}": (lambda f: lambda i: F.adjust_sharpness(i, f))(f) for f in (0, 0.1, 1.9)},
    **{f"posterize {b}": (lambda b: lambda i: F.posterize(i, b))(b) for b in (1, 3, 8)},
    **{f"solarize {t}": (lambda t: lambda i: F.solarize(i, t))(t) for t in (0, 127.5, 256)},
    "autocontrast": F.autocontrast,
    "equalize": F.equalize,
    "invert": F.invert,
}

SPACES = {
    "RandAugment 31": RandAugment()._augmentation_space(31, (64, 64)),
    "RandAugment 9": RandAugment()._augmentation_space(9, (64, 64)),
    "TrivialAugment 31": TrivialAugmentWide()._augmentation_space(31),
    "AutoAugment 10": AutoAugment()._augmentation_space(10, (64, 64)),
}

# Red is seven times x, green seven times y: a pixel tells where it was taken from.
gradient = np.zeros((GRADIENT, GRADIENT, 3), np.uint8)
gradient[..., 0] = 7 * np.arange(GRADIENT)[None]
gradient[..., 1] = 7 * np.arange(GRADIENT)[:, None]


def moved(op, magnitude):
    """Red and green of every fourth pixel, black beyond the edges."""
    image = _apply_op(Image.fromarray(gradient), op, magnitude, InterpolationMode.BILINEAR, None)
    return np.asarray(image)[::4, ::4, :2].reshape(-1).tolist()


MOVES = [("ShearX", 0.3), ("ShearX", -0.2), ("ShearY", 0.25), ("ShearY", -0.99), ("TranslateX", 4.7), ("TranslateX", -9.2),
         ("TranslateY", 3.0), ("TranslateY", -1.9), ("Rotate", 9.0), ("Rotate", -30.0), ("Rotate", 135.0)]

print(json.dumps({
    "versions": {"pillow": PIL.__version__, "torchvision": torchvision.__version__},
    "size": SIZE,
    "picture": text(noise),
    "colours": {name: planes(op(picture)) for name, op in COLOURS.items()},
    "magnitudes": {name: {op: [[float(v) for v in values.reshape(-1)], signed] for op, (values, signed) in space.items()}
                   for name, space in SPACES.items()},
    "gradient": GRADIENT,
    "moves": [{"operation": op, "magnitude": m, "values": moved(op, m)} for op, m in MOVES],
}, separators=(",", ":")))
