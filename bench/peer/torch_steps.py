"""Times PyTorch's steps for the benchmark. Reads one command a line, answers one line of JSON.

Commands: `train`, `fixed`, `frozen`, `eval` (one step of that kind), `peak` (peak memory of this process in
MiB since `reset`).
"""

import argparse
import json
import re
import sys
import time

import torch
from torch import nn


def body_of(arch: str) -> tuple[nn.Module, int]:
    """The network up to its last feature map, and that map's channels."""
    if arch.startswith("efficientnet_lite"):
        import timm

        model = timm.create_model("tf_" + arch, pretrained=False)
        layers = [model.conv_stem, model.bn1, model.blocks, model.conv_head, model.bn2]
        return nn.Sequential(*layers), model.num_features
    import torchvision

    model = getattr(torchvision.models, arch)(weights=None)
    if arch.startswith("resnet"):
        return nn.Sequential(*list(model.children())[:-2]), model.fc.in_features
    return model.features, model.last_channel


class ConcatPool(nn.Module):
    """Average and maximum of every channel, as fastai's head begins."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)

    body, channels = body_of(options.arch)
    head = nn.Sequential(
        ConcatPool(),
        nn.BatchNorm1d(2 * channels),
        nn.Dropout(0.25),
        nn.Linear(2 * channels, 512),
        nn.ReLU(inplace=True),
        nn.BatchNorm1d(512),
        nn.Dropout(0.5),
        nn.Linear(512, 10),
    )
    x = torch.randn(options.batch, 3, options.size, options.size)
    if options.channels_last:
        body = body.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    y = torch.arange(options.batch) % 10
    everything = [*body.parameters(), *head.parameters()]
    fused = {"fused": True} if options.channels_last else {}
    whole = torch.optim.AdamW(everything, lr=1e-4, **fused)
    only_head = torch.optim.AdamW(head.parameters(), lr=1e-4, **fused)
    loss_of = nn.CrossEntropyLoss()

    def step(optimizer: torch.optim.Optimizer, frozen: bool) -> None:
        if frozen:
            with torch.no_grad():
                features = body(x)
        else:
            features = body(x)
        loss = loss_of(head(features), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    def run(kind: str) -> None:
        body.train(kind == "train")
        head.train(kind != "eval")
        if kind == "eval":
            with torch.inference_mode():
                head(body(x))
        elif kind == "frozen":
            step(only_head, True)
        else:
            step(whole, False)

    for line in sys.stdin:
        kind = line.strip()
        if kind == "reset":
            value = 0.0
            with open("/proc/self/clear_refs", "w") as clear:
                clear.write("5")
        elif kind == "peak":
            with open("/proc/self/status") as status:
                value = int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) / 1024
        else:
            start = time.perf_counter()
            run(kind)
            value = (time.perf_counter() - start) * 1000
        print(json.dumps({"value": value}), flush=True)


if __name__ == "__main__":
    main()
