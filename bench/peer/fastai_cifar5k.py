"""Trains EfficientNet-Lite0 on CIFAR-5k by fastai, for the benchmark; prints one line of JSON.

Three epochs frozen by one cycle up to 3e-3, three of all layers up to slice(1e-5, 5e-4), then TTA; default transforms, batches of 64.
"""

import argparse
import json
import pathlib
import sys
import tarfile
import tempfile
import time

import timm
import torch
from fastai.vision.all import (
    CategoryBlock,
    DataBlock,
    GrandparentSplitter,
    ImageBlock,
    Learner,
    Normalize,
    Resize,
    accuracy,
    aug_transforms,
    create_head,
    imagenet_stats,
    parent_label,
    params,
)
from safetensors.torch import load_file


def pictures(root: pathlib.Path, train: int, test: int) -> list[pathlib.Path]:
    """The first files of each class, in the order of their names."""
    limits = {"train": train, "test": test}
    return [
        file
        for split, limit in limits.items()
        for folder in sorted((root / split).iterdir())
        for file in sorted(folder.iterdir())[:limit]
    ]


def folder_of(data: pathlib.Path, scratch: str) -> pathlib.Path:
    if data.is_dir():
        root = data
    else:
        with tarfile.open(data) as archive:
            archive.extractall(scratch, filter="data")
        root = pathlib.Path(scratch)
    return next(p.parent for p in sorted(root.rglob("train")) if (p.parent / "test").is_dir())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--train", type=int, default=500)
    parser.add_argument("--test", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    torch.manual_seed(0)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        root = folder_of(options.data, scratch)
        block = DataBlock(
            blocks=(ImageBlock, CategoryBlock),
            get_items=lambda _: pictures(root, options.train, options.test),
            splitter=GrandparentSplitter("train", "test"),
            get_y=parent_label,
            item_tfms=Resize(128),
            batch_tfms=[*aug_transforms(), Normalize.from_stats(*imagenet_stats)],
        )
        loaders = block.dataloaders(root, bs=64, num_workers=0)
        network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
        network.load_state_dict({name: value.float() for name, value in load_file(options.weights).items()})
        body = torch.nn.Sequential(network.conv_stem, network.bn1, network.blocks, network.conv_head, network.bn2)
        model = torch.nn.Sequential(body, create_head(network.num_features, 10))
        groups = lambda m: [params(m[0][:2]) + params(m[0][2][:3]), params(m[0][2][3:]) + params(m[0][3:]), params(m[1])]
        learner = Learner(loaders, model, splitter=groups, metrics=accuracy)
        shares = []

        def train(rate: float | slice) -> None:
            with learner.no_bar(), learner.no_logging():
                learner.fit_one_cycle(options.epochs, rate)
            shares.append(learner.recorder.values[-1][2])

        learner.freeze()
        train(3e-3)
        learner.unfreeze()
        train(slice(1e-5, 5e-4))
        with learner.no_bar():
            tta = accuracy(*learner.tta()).item()
    seconds = time.perf_counter() - start
    print(json.dumps({"frozen": shares[0], "finetune": shares[1], "tta": tta, "seconds": seconds}))


if __name__ == "__main__":
    sys.exit(main())
