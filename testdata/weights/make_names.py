"""Names and shapes of the same networks in torchvision and in timm, as the tests of key maps use them.

python make_names.py PAIRS.json reads a pairing of timm's names with torchvision's, {ARCH: {timm's: torchvision's}}, checks that
weights carried over by it give the same logits, and writes names/ARCH.tsv: torchvision's name and shape, timm's name and shape.
Networks whose names are the same in both, which the pairing leaves out, have the first two only. The pairing was made by
src/nn/weights/key-maps.ts: what the files record is that it was right.

Made with torchvision 0.29 and timm 1.0.31; no weights are downloaded. Counters of batches are left out.
"""
import json, pathlib, sys
import timm, torch, torchvision

NETWORKS = {
    "resnet18": "resnet18",
    "densenet121": "densenet121",
    "vgg11_bn": "vgg11_bn",
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_small": "mobilenetv3_small_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "efficientnet_b0": "efficientnet_b0",
    "efficientnet_b3": "efficientnet_b3",
    "regnet_y_400mf": "regnety_004",
    "regnet_y_800mf": "regnety_008_tv",
    "convnext_tiny": "convnext_tiny",
    "vit_b_16": "vit_base_patch16_224",
}
HERE = pathlib.Path(__file__).parent


def named(model):
    return {
        name: "x".join(map(str, t.shape))
        for name, t in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def both(arch):
    return getattr(torchvision.models, arch)(weights=None), timm.create_model(NETWORKS[arch])


def check(pairs):
    for arch, names in pairs.items():
        torch.manual_seed(0)
        ours, theirs = both(arch)
        for module in [*ours.modules(), *theirs.modules()]:
            # Libraries differ in these, files do not hold them.
            if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.LayerNorm)):
                module.eps = 1e-4
        state = ours.state_dict()
        for name, t in state.items():
            if t.is_floating_point():
                noise = torch.rand_like(t) if name.endswith("running_var") else torch.randn_like(t) * 0.05
                t.copy_(0.5 + noise if name.endswith("running_var") else t + noise)
        renamed = {name: state[names[name]].reshape(t.shape) for name, t in theirs.state_dict().items() if name in names}
        missing = theirs.load_state_dict(renamed, strict=False).missing_keys
        assert all(name.endswith("num_batches_tracked") for name in missing), missing
        x = torch.randn(2, 3, 224, 224)
        with torch.no_grad():
            a, b = ours.eval()(x), theirs.eval()(x)
        error = ((a - b).norm() / a.norm()).item()
        print(arch, f"relative difference of the logits {error:.1e}")
        assert error < 1e-4, arch


pairs = json.loads(pathlib.Path(sys.argv[1]).read_text())
check(pairs)
for arch in NETWORKS:
    ours, theirs = map(named, both(arch))
    back = {ours: theirs for theirs, ours in pairs.get(arch, {}).items()}
    assert back or ours == theirs
    lines = [[name, shape, *([back[name], theirs[back[name]]] if back else [])] for name, shape in ours.items()]
    (HERE / "names" / f"{arch}.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
