import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { layoutOf } from '../../engine/layout.js';
import { shapesOf } from '../../engine/values.js';
import { LocalDevice } from '../../runtime/node/local-device.js';
import { fillValues, readGolden } from '../../testing/golden.js';
import { checkEvaluation, checkGradients, checkStep, networkOf, stateDictNames } from '../../testing/golden-run.js';
import type { Architecture } from '../architecture.js';
import { alexnet } from './alexnet.js';
import { convnextTiny } from './convnext.js';
import { densenet121 } from './densenet.js';
import { efficientnetB0 } from './efficientnet.js';
import { efficientnetLite1 } from './efficientnet-lite.js';
import { mobilenetV3Small } from './mobilenet-v3.js';
import { regnetY400mf } from './regnet.js';
import { resnext50 } from './resnet.js';
import { shufflenetV2 } from './shufflenet-v2.js';
import { squeezenet11 } from './squeezenet.js';
import { vgg11Bn } from './vgg.js';
import { vitTiny } from './vit.js';
import { xresnet50 } from './xresnet.js';

/** One linear layer for a classifier of 100 million parameters. */
function ofBody(arch: Architecture): Architecture {
  return { ...arch, classifier: (f, features, classes) => f.linear('classifier', f.averagePooled(features), classes) };
}

/** Smooth functions agree to rounding (3e-5); gradients that are nothing but rounding are held to a ten millionth of the largest. */
const SMOOTH = 1e-3;
/**
 * A rounding error that carries a value over a bound of ReLU changes its gradient altogether, and that of all layers before
 * it by some share; on these weights PyTorch's float32 differs from its float64 by as much.
 */
const WITH_KINKS = 2e-2;

/** One member of each family; torch's name is the file's. */
const cases: readonly (readonly [golden: string, arch: Architecture, tolerance: number])[] = [
  ['alexnet', ofBody(alexnet), WITH_KINKS],
  ['convnext_tiny', convnextTiny, SMOOTH],
  ['densenet121', densenet121, WITH_KINKS],
  ['efficientnet_b0', efficientnetB0, SMOOTH],
  ['mobilenet_v3_small', mobilenetV3Small, WITH_KINKS],
  ['regnet_y_400mf', regnetY400mf, WITH_KINKS],
  ['resnext50_32x4d', resnext50, WITH_KINKS],
  ['shufflenet_v2_x1_0', shufflenetV2, WITH_KINKS],
  ['squeezenet1_1', squeezenet11, WITH_KINKS],
  ['tf_efficientnet_lite1', efficientnetLite1, WITH_KINKS],
  ['vgg11_bn', ofBody(vgg11Bn), WITH_KINKS],
  ['vit_tiny_patch16_224', vitTiny, SMOOTH],
  ['xresnet50', xresnet50, WITH_KINKS],
];

for (const [file, arch, tolerance] of cases) {
  describe(`${arch.name} is PyTorch's`, () => {
    const golden = readGolden(file);
    const net = networkOf(arch, 10);
    const names = stateDictNames(net);
    const values = fillValues(names, shapesOf(layoutOf(net, 64)));

    test('names and order of parameters', () => {
      const statistics = new Set(Object.keys(golden.running_stats_after_one_step));
      assert.deepEqual(
        names.filter((name) => !statistics.has(name)),
        Object.keys(golden.grads),
      );
      assert.equal(names.length, Object.keys(golden.grads).length + statistics.size);
    });

    test('logits in evaluation mode', () => checkEvaluation(golden, net, values, 1e-3));

    test('loss and gradients, in the plain layout', () => checkGradients(golden, net, values, { block: 0 }, tolerance));

    test('loss and gradients, as a step has them', async () => {
      const { block } = await new LocalDevice().info();
      await checkGradients(golden, net, values, { block }, tolerance, true);
    });

    test('running statistics and the AdamW step', async () => {
      const { block } = await new LocalDevice().info();
      await checkStep(golden, net, values, { block }, tolerance);
    });
  });
}
