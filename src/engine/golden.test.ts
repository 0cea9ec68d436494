import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { modelByName } from '../nn/models/index.js';
import { readSafetensors } from '../nn/safetensors.js';
import { LocalDevice } from '../runtime/node/local-device.js';
import { fillValues, type Golden, readGolden } from '../testing/golden.js';
import { checkEvaluation, checkGradients, checkStep, networkOf, stateDictNames } from '../testing/golden-run.js';
import { layoutOf } from './layout.js';
import type { Network } from './network.js';
import { initialValues, shapesOf, takeWeights } from './values.js';

const shared = new URL('../../../shared/weights/tf_efficientnet_lite0.safetensors', import.meta.url);

async function valuesOf(golden: Golden, net: Network): Promise<Map<string, Float32Array>> {
  const layout = layoutOf(net, 64);
  if (golden.model !== 'tf_efficientnet_lite0') return fillValues(stateDictNames(net), shapesOf(layout));
  const values = initialValues(layout, 0);
  takeWeights(values, layout, readSafetensors(readFileSync(shared), 'weights').tensors, () => true, 'weights');
  return values;
}

// A rounding error that carries a value over a bound of ReLU6 changes its gradient altogether: networks with it agree less
// closely than ResNets do.
const cases = [
  { golden: 'resnet18', arch: 'resnet18', classes: 10, tolerance: 1e-4 },
  { golden: 'mobilenet_v2', arch: 'mobilenet_v2', classes: 10, tolerance: 3e-3 },
  { golden: 'tf_efficientnet_lite0', arch: 'efficientnet_lite0', classes: 1000, tolerance: 5e-3 },
];

for (const c of cases) {
  const skip =
    c.golden === 'tf_efficientnet_lite0' && !existsSync(shared)
      ? 'the full-precision weights are not beside the repository'
      : false;
  const golden = readGolden(c.golden);
  const net = networkOf(modelByName(c.arch), c.classes);

  test(`${c.arch}: loss and gradients are PyTorch's, in the plain layout`, { skip }, async () => {
    await checkGradients(golden, net, await valuesOf(golden, net), { block: 0 }, c.tolerance);
  });

  test(`${c.arch}: loss and gradients are PyTorch's, in the blocked layout`, { skip }, async (t) => {
    const { block } = await new LocalDevice().info();
    if (block === 0) return t.skip('this processor has no blocked layout');
    await checkGradients(golden, net, await valuesOf(golden, net), { block }, c.tolerance);
  });

  test(`${c.arch}: gradients are PyTorch's with batch norms as a step has them`, { skip }, async () => {
    const { block } = await new LocalDevice().info();
    await checkGradients(golden, net, await valuesOf(golden, net), { block }, c.tolerance, true);
  });

  test(`${c.arch}: running statistics and the AdamW step are PyTorch's`, { skip }, async () => {
    const { block } = await new LocalDevice().info();
    for (const layout of new Set([0, block])) {
      await checkStep(golden, net, await valuesOf(golden, net), { block: layout }, c.tolerance);
    }
  });

  test(`${c.arch}: logits in evaluation mode are PyTorch's`, { skip }, async () => {
    await checkEvaluation(golden, net, await valuesOf(golden, net), 1e-3);
  });
}

test('the weights that the package carries, in half precision, give nearly the same logits', async () => {
  const net = networkOf(modelByName('efficientnet_lite0'), 1000);
  const layout = layoutOf(net, 64);
  const values = initialValues(layout, 0);
  const file = new URL('../../weights/efficientnet_lite0.safetensors', import.meta.url);
  takeWeights(values, layout, readSafetensors(readFileSync(file), 'weights').tensors, () => true, 'weights');
  await checkEvaluation(readGolden('tf_efficientnet_lite0'), net, values, 0.05);
});
