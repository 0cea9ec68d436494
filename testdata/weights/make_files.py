"""Writes small files of weights as PyTorch does, in each of its formats, and expected.json, which tells what is in them.

Made with PyTorch 2.15: python make_files.py
The tar format of 2016 is written here by hand, since PyTorch only reads it; it is read back with torch.load.
"""
import argparse, collections, io, json, pathlib, pickle, struct, tarfile
import numpy as np
import safetensors.torch
import torch
from torch import nn

torch.manual_seed(0)
base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8


def named():
    shared = torch.arange(6.0)
    return collections.OrderedDict(
        [
            ("plain", base.clone()),
            ("half", torch.tensor([1.0, -2.5, 65504.0, 6e-8]).half()),
            ("bfloat16", torch.tensor([1.0, -2.5, 3e38, 1e-30]).bfloat16()),
            ("double", torch.tensor([0.1, -1e300], dtype=torch.float64)),
            ("steps", torch.tensor(7)),
            ("mask", torch.tensor([True, False, True])),
            ("bytes", torch.tensor([0, 255], dtype=torch.uint8)),
            ("short", torch.tensor([-5, 500], dtype=torch.int16)),
            ("parameter", nn.Parameter(torch.tensor([0.5, -0.5]))),
            ("transposed", torch.arange(6.0).reshape(2, 3).t()),
            ("permuted", base.permute(2, 0, 1)),
            ("every_other", torch.arange(10.0)[1::3]),
            ("part", torch.arange(10.0)[4:7]),
            ("expanded", torch.tensor([3.0]).expand(4)),
            ("tied.a", shared),
            ("tied.b", shared),
            ("empty", torch.zeros(0, 4)),
            ("channels_last", torch.arange(16.0).reshape(1, 2, 2, 4).to(memory_format=torch.channels_last)),
        ]
    )


def new_types():
    return {
        "uint16": torch.tensor([5, 65535], dtype=torch.uint16),
        "uint32": torch.tensor([5, 2**32 - 1], dtype=torch.uint32),
        "e4m3": torch.tensor([1.0, -448.0, 0.015625, 0.001953125]).to(torch.float8_e4m3fn),
        "e5m2": torch.tensor([1.0, -57344.0, 6.103515625e-05, float("inf")]).to(torch.float8_e5m2),
    }


expected = {}


def expect(file, tensors):
    expected[file] = {
        name: {
            "dtype": str(t.dtype).removeprefix("torch."),
            "dims": list(t.shape),
            "values": [repr(v) for v in t.detach().double().flatten().tolist()],
        }
        for name, t in tensors.items()
    }


def save(file, tensors, wrapped=None, **options):
    torch.save(tensors if wrapped is None else wrapped, file, **options)
    expect(file, tensors)


save("zip.pth", named())
save("zip-protocol4.pth", named(), pickle_protocol=4)
save("zip-types.pth", new_types())
save("legacy.pth", named(), _use_new_zipfile_serialization=False)
torch.serialization.set_crc32_options(False)
save("zip-unchecked.pth", {"a": torch.arange(3.0)})
torch.serialization.set_crc32_options(True)

# A checkpoint as training programs write it: numbers, texts, optimizer state and metadata beside the weights.
model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
optimizer = torch.optim.AdamW(model.parameters())
model(torch.rand(2, 3, 8, 8)).sum().backward()
optimizer.step()
state = model.state_dict()
checkpoint = {
    "epoch": 3,
    "arch": "tiny",
    "best": 71.25,
    "large": 2**70,
    "tags": {"a", "b"},
    "raw": b"\x00\xff",
    "device": torch.device("cpu"),
    "shape": torch.Size([2, 3]),
    "counts": collections.defaultdict(int, {"seen": 5}),
    "optimizer": optimizer.state_dict(),
    "state_dict": collections.OrderedDict((f"module.{name}", t) for name, t in state.items()),
}
save("checkpoint.pth", {f"module.{name}": t for name, t in state.items()}, checkpoint)
save("checkpoint-legacy.pth", {f"module.{name}": t for name, t in state.items()}, checkpoint, _use_new_zipfile_serialization=False)

# What timm's and torchvision's training programs note beside it: options, paths, NumPy's numbers and arrays.
noted = checkpoint | {
    "args": argparse.Namespace(lr=1e-3, betas=(0.9, 0.99), output=pathlib.PurePosixPath("out/first"), resume=None),
    "metric": np.float64(0.5),
    "rng": {"numpy": ("MT19937", np.arange(3, dtype=np.uint32), 624)},
}
save("checkpoint-noted.pth", {f"module.{name}": t for name, t in state.items()}, {"checkpoint": noted})
save("legacy-protocol4.pth", {"a": torch.arange(3.0)}, pickle_protocol=4, _use_new_zipfile_serialization=False)

many = {k: v.contiguous().clone() for k, v in named().items()} | new_types()
safetensors.torch.save_file(many, "types.safetensors")
expect("types.safetensors", many)


# ---- the tar format ----
class Id:
    def __init__(self, key):
        self.key = key


class Pickler(pickle._Pickler):
    def persistent_id(self, value):
        return value.key if isinstance(value, Id) else None


def storage_class(t):
    return {torch.float32: torch.FloatStorage, torch.int64: torch.LongStorage, torch.float16: torch.HalfStorage}[t.dtype]


def write_tar(file, tensors):
    storages, lists, keys = io.BytesIO(), io.BytesIO(), {}
    pickle.dump(len(tensors), storages, 2)
    pickle.dump(len(tensors), lists, 2)
    for i, (name, t) in enumerate(tensors.items()):
        storage_key, key = 1000 + i, 2000 + i
        keys[name] = key
        pickle.dump((storage_key, "cpu", storage_class(t)), storages, 2)
        flat = torch.as_strided(t, (t.untyped_storage().nbytes() // t.element_size(),), (1,), 0)
        storages.write(struct.pack("<q", flat.numel()) + flat.numpy().tobytes())
        pickle.dump((key, storage_key, torch.FloatTensor), lists, 2)
        lists.write(struct.pack("<ii", t.dim(), 0) + struct.pack(f"<{2 * t.dim() + 1}q", *t.shape, *t.stride(), t.storage_offset()))
    pickle.dump([], storages, 2)
    main = io.BytesIO()
    Pickler(main, 2).dump(collections.OrderedDict((name, Id(str(key))) for name, key in keys.items()))
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in (("storages", storages), ("tensors", lists), ("pickle", main)):
            info = tarfile.TarInfo(name)
            info.size = len(content.getvalue())
            tar.addfile(info, io.BytesIO(content.getvalue()))
    expect(file, tensors)
    back = torch.load(file, weights_only=False)
    assert all(torch.equal(back[name], t) for name, t in tensors.items())


write_tar("tar.pth", collections.OrderedDict((n, t) for n, t in named().items() if n in ("plain", "transposed", "part", "steps", "half")))

with open("expected.json", "w") as f:
    json.dump(expected, f, indent=0)
    f.write("\n")
