"""Writes cnn.onnx, vit.onnx, vit_plain.onnx, and grad_cam.json: tiny networks as onecycle exports models, and their Grad-CAM heat maps by
PyTorch's differentiation, enlarged by torch.nn.functional.interpolate (bilinear).

Run with PyTorch 2.15, onnx 1.20: python make_grad_cam.py
vit_plain.onnx has its layer norms written out, as exporters for old operator sets do.
"""

import json
import pathlib

import onnx
import torch
from torch import nn
from torch.nn import functional as F

SIZE, CLASSES = 32, 3
here = pathlib.Path(__file__).parent
torch.manual_seed(5)


class CNN(nn.Module):
    """A map of 8 × 8, of 4 × 4 behind it, and a hidden layer behind pooling."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 5, 4, 2), nn.Conv2d(8, 12, 3, 2, 1)
        self.c, self.d = nn.Linear(24, 10), nn.Linear(10, CLASSES)

    def features(self, x):
        return F.relu(self.b(F.relu(self.a(x - 0.5))))

    def head(self, f):
        pooled = torch.cat([f.mean((2, 3)), f.amax((2, 3))], 1)
        return self.d(torch.tanh(self.c(pooled)))

    def forward(self, x):
        return self.head(self.features(x))


class Norm(nn.Module):
    def __init__(self, width, plain):
        super().__init__()
        self.plain = plain
        self.weight, self.bias = nn.Parameter(torch.randn(width)), nn.Parameter(torch.randn(width) * 0.1)

    def forward(self, x):
        if not self.plain:
            return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, 1e-6)
        centred = x - x.mean(-1, keepdim=True)
        return centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + 1e-6) * self.weight + self.bias


class Block(nn.Module):
    def __init__(self, width, plain):
        super().__init__()
        self.norm1, self.norm2 = Norm(width, plain), Norm(width, plain)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def behind(self, x, y):
        q, k, v = self.qkv(y).chunk(3, -1)
        x = x + self.proj(torch.softmax(q @ k.transpose(1, 2) * 0.5, -1) @ v)
        return x + self.fc2(torch.tanh(self.fc1(self.norm2(x))))

    def forward(self, x):
        return self.behind(x, self.norm1(x))


class ViT(nn.Module):
    """4 × 4 patches and a class token."""

    def __init__(self, plain, width=12):
        super().__init__()
        self.embed = nn.Conv2d(3, width, 8, 8)
        self.token, self.places = nn.Parameter(torch.randn(1, 1, width)), nn.Parameter(torch.randn(1, 17, width))
        self.blocks = nn.ModuleList([Block(width, plain) for _ in range(2)])
        self.norm, self.head_ = Norm(width, plain), nn.Linear(width, CLASSES)
        self.plain = plain

    def before(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        return self.blocks[0](torch.cat([self.token, x], 1) + self.places)

    def features(self, x):
        """What the last block's norm gives; with norms written out, what it reads."""
        return self.before(x) if self.plain else self.blocks[1].norm1(self.before(x))

    def head(self, f, x):
        behind = self.blocks[1](f) if self.plain else self.blocks[1].behind(self.before(x).detach(), f)
        return self.head_(self.norm(behind)[:, 0])

    def forward(self, x):
        return self.head_(self.norm(self.blocks[1](self.before(x)))[:, 0])


class Exported(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        logits = self.net(x)
        return torch.softmax(logits, 1), logits


def heat_map(net, x, label):
    f = net.features(x).detach().requires_grad_(True)
    logits = net.head(f) if isinstance(net, CNN) else net.head(f, x)
    (g,) = torch.autograd.grad(logits[0, label], f)
    if f.dim() == 3:
        f, g = (t[:, 1:].transpose(1, 2).reshape(1, -1, 4, 4) for t in (f, g))
    cam = F.relu((g.mean((2, 3), keepdim=True) * f).sum(1, keepdim=True))
    if cam.max() > 0:
        cam = cam / cam.max()
    return F.interpolate(cam, (SIZE, SIZE), mode="bilinear", align_corners=False)[0, 0]


metadata = {"onecycle.classes": json.dumps([f"c{i}" for i in range(CLASSES)]), "onecycle.size": str(SIZE)}
picture = (torch.rand(3, SIZE, SIZE) * 255).floor()
out = {"picture": picture.int().flatten().tolist(), "maps": {}}
for name, net in (("cnn", CNN()), ("vit", ViT(False)), ("vit_plain", ViT(True))):
    x = picture[None] / 255
    torch.onnx.export(Exported(net), (x,), here / f"{name}.onnx", input_names=["image"],
                      output_names=["probabilities", "logits"], opset_version=17, dynamo=False)
    model = onnx.load(here / f"{name}.onnx")
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, here / f"{name}.onnx")
    maps = [heat_map(net, x, label).flatten().tolist() for label in range(CLASSES)]
    out["maps"][name] = [[round(v, 5) for v in m] for m in maps]
(here / "grad_cam.json").write_text(json.dumps(out) + "\n")
