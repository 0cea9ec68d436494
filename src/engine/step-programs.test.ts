import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Architecture } from '../nn/architecture.js';
import type { RunRequest } from '../runtime/device.js';
import { LocalDevice } from '../runtime/node/local-device.js';
import { Engine } from './engine.js';
import { adamw } from './optimizers/index.js';
import { pictures, SIZE, targets, tinyNet } from './testing/tiny.js';
import { initialValues } from './values.js';

/** Its weights are large enough to be tensors of their own: 3×3, 1×1, with strides and without. */
const wide: Architecture = {
  name: 'wide',
  body(f, x) {
    let y = f.relu(f.convNorm('stem.conv', 'stem.norm', x, 64, 3, { stride: 2 }));
    y = f.relu(f.convNorm('deep.conv', 'deep.norm', y, 256, 3, { stride: 2 }));
    y = f.relu(f.convNorm('point.conv', 'point.norm', y, 256, 1));
    return f.convNorm('tiles.conv', 'tiles.norm', y, 256, 3);
  },
  classifier: (f, features, classes) => f.linear('fc', f.averagePooled(features), classes),
  groups: [['stem'], ['deep', 'point', 'tiles']],
};

test('a step writes all parameters and slots over the old ones, and gives what one beside them gives', async () => {
  const requests: RunRequest[] = [];
  const values = [];
  for (const inPlace of [true, false]) {
    const device = new LocalDevice({ threads: 1 });
    const run = device.run.bind(device);
    device.run = (program, request) => {
      requests.push(request);
      return run(program, inPlace ? request : { ...request, inPlace: [] });
    };
    const engine = new Engine(device, { ...tinyNet, arch: wide }, { optimizer: adamw(), seed: 7 });
    await engine.setValues(initialValues(engine.layout, 7));
    await engine.freeze({ firstTrained: 0, trainNorm: true });
    const settings = { lr: [1e-2, 1e-2, 1e-2], weightDecay: 0.01, momentum: 0.9 };
    for (let step = 0; step < 3; step++) await engine.step({ pictures, size: SIZE }, targets, settings);
    values.push(await engine.values());
    await device.close();
  }
  const [written, beside] = values;
  assert.deepEqual(written, beside);
  for (const { keep, inPlace } of requests) assert.deepEqual([...(inPlace ?? [])].sort(), Object.keys(keep).sort());
});
