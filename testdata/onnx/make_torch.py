"""Makes the small ONNX files of this folder that PyTorch exports, and what PyTorch says of them: logits, loss and gradients.

    python make_torch.py        (torch, onnx, onnxscript)

Networks are in evaluation mode: batch norms keep their statistics. Names of gradients are those that onecycle gives.
"""

import json
import logging
import pathlib
import warnings

import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

HERE = pathlib.Path(__file__).parent
CLASSES = 5
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


def uniform(seed, n):
    """n values in [-1, 1) from an integer hash: the same in every language."""
    j = torch.arange(n, dtype=torch.int64)
    h = (j * 2654435761 + seed * 40503 + 1) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    h = (h * 2246822519) & 0xFFFFFFFF
    h = h ^ (h >> 13)
    return h.double() / 2**31 - 1


def fill(net):
    for i, (name, t) in enumerate(net.state_dict().items()):
        if not t.is_floating_point():
            continue
        u = uniform(i, t.numel()).reshape(t.shape)
        if name.endswith("running_var"):
            t.copy_(1 + 0.5 * u)
        elif t.dim() > 1:
            t.copy_(u * (6 / t[0].numel()) ** 0.5)
        else:
            t.copy_(1 + 0.1 * u if name.endswith("weight") else 0.1 * u)
    return net.eval()


class Excite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, 4, 1)
        self.fc2 = nn.Conv2d(4, channels, 1)

    def forward(self, x):
        return x * self.fc2(self.fc1(x.mean((2, 3), keepdim=True)).relu()).sigmoid()


class ConvNet(nn.Module):
    """Everything that small networks are made of: depthwise convolutions, an excitation, a residual sum, four activations."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.depth = nn.Conv2d(8, 8, 3, 2, 1, groups=8, bias=False)
        self.bn2 = nn.BatchNorm2d(8, eps=1e-3)
        self.excite = Excite(8)
        self.point = nn.Conv2d(8, 8, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(8)
        self.last = nn.Conv2d(8, 16, 3, 2, 1, bias=False)
        self.bn4 = nn.BatchNorm2d(16)
        self.fc = nn.Linear(16, CLASSES)

    def forward(self, x):
        x = nn.functional.hardswish(self.bn1(self.stem(x)))
        x = self.excite(nn.functional.relu6(self.bn2(self.depth(x))))
        x = x + self.bn3(self.point(x))
        x = nn.functional.silu(self.bn4(self.last(x)))
        return self.fc(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)).softmax(1)

    folds = {"stem": "bn1", "depth": "bn2", "point": "bn3", "last": "bn4"}

    def folded(self):
        for conv, norm in self.folds.items():
            setattr(self, conv, fuse_conv_bn_eval(getattr(self, conv), getattr(self, norm)))
            setattr(self, norm, nn.Identity())
        return self.requires_grad_()


class Transformer(nn.Module):
    """A class token, positions, one block of two heads."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 8, 8)
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.pos = nn.Parameter(torch.zeros(1, 17, 8))
        self.norm1 = nn.LayerNorm(8)
        self.qkv = nn.Linear(8, 24)
        self.proj = nn.Linear(8, 8)
        self.norm2 = nn.LayerNorm(8)
        self.fc1 = nn.Linear(8, 16)
        self.fc2 = nn.Linear(16, 8)
        self.norm = nn.LayerNorm(8)
        self.classifier = nn.Linear(8, CLASSES)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.pos
        n, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(n, t, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        a = ((q * 0.5) @ k.transpose(-2, -1)).softmax(-1) @ v
        x = x + self.proj(a.transpose(1, 2).reshape(n, t, c))
        x = x + self.fc2(nn.functional.gelu(self.fc1(self.norm2(x))))
        return self.classifier(self.norm(x)[:, 0])


def export(net, file, *, dynamo=False, unfolded=False, batch=None):
    x = torch.zeros(batch or 2, 3, 32, 32)
    names = {"input_names": ["image"], "output_names": ["scores"]}
    path = HERE / file
    if dynamo:
        shapes = None if batch else ({0: torch.export.Dim("batch")},)
        torch.onnx.export(net, (x,), path, dynamo=True, external_data=False, dynamic_shapes=shapes, verbose=False, **names)
    else:
        axes = None if batch else {"image": {0: "batch", 2: "h", 3: "w"}}
        mode = torch.onnx.TrainingMode.PRESERVE if unfolded else torch.onnx.TrainingMode.EVAL
        torch.onnx.export(
            net, (x,), path, dynamo=False, opset_version=17, dynamic_axes=axes, training=mode,
            do_constant_folding=not unfolded, **names,
        )
    model = onnx.load(path)
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del model.graph.value_info[:]
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    onnx.save(model, path)
    return model


def reference(net, names, file, size=32, transposed=()):
    """Loss is the mean cross-entropy of the scores before softmax, labels 0, 1, …"""
    n = 2
    x = uniform(7, n * 3 * size * size).reshape(n, 3, size, size).float()
    raw = {}
    hook = (net.fc if hasattr(net, "fc") else net.classifier).register_forward_hook(lambda *a: raw.update(y=a[2]))
    net(x)
    hook.remove()
    logits = raw["y"]
    loss = nn.functional.cross_entropy(logits, torch.arange(n) % CLASSES)
    parameters = dict(net.named_parameters())
    grads = torch.autograd.grad(loss, list(parameters.values()))
    found = {
        names.get(name, name): {"l2": g.norm().item(), "head": (g.T if name in transposed else g).flatten()[:4].tolist()}
        for name, g in zip(parameters, grads)
    }
    data = {"size": size, "logits": logits.tolist(), "loss": loss.item(), "grads": found}
    (HERE / file).write_text(json.dumps(data, indent=1) + "\n")


def convolution_names(model, layers):
    """The names of folded convolutions, which the old exporter calls by numbers."""
    weights = [node.input[1] for node in model.graph.node if node.op_type == "Conv"]
    names = {}
    for layer, weight in zip(layers, weights):
        stem = weight.removesuffix(".weight")
        names[f"{layer}.weight"] = f"{stem}.weight"
        names[f"{layer}.bias"] = f"{stem}.bias"
    return names


def product_names(model, layers):
    """The names of linear layers' weights, which exporters transpose."""
    constants = {tensor.name for tensor in model.graph.initializer}
    weights = [node.input[1] for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in constants]
    return {f"{layer}.weight": weight for layer, weight in zip(layers, weights, strict=True)}


if __name__ == "__main__":
    export(fill(ConvNet()), "unfolded.onnx", unfolded=True)
    reference(fill(ConvNet()), {}, "unfolded.json")
    order = ["stem", "depth", "excite.fc1", "excite.fc2", "point", "last"]
    for file, options in {"folded": {"batch": 1}, "dynamo": {"dynamo": True}}.items():
        model = export(fill(ConvNet()), f"{file}.onnx", **options)
        reference(fill(ConvNet()).folded(), convolution_names(model, order), f"{file}.json")
    for file, options in {"transformer": {"batch": 1}, "transformer-dynamo": {"dynamo": True}}.items():
        model = export(fill(Transformer()), f"{file}.onnx", **options)
        names = product_names(model, ["qkv", "proj", "fc1", "fc2"])
        reference(fill(Transformer()), names, f"{file}.json", transposed=names)
