import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Rng, Stream } from '../../core/rng.js';
import { models } from '../../models.js';
import type { Architecture } from '../../nn/architecture.js';
import { LocalDevice } from '../../runtime/node/local-device.js';
import { modelFile } from '../../testing/onnx-files.js';
import { Engine } from '../engine.js';
import type { Network } from '../network.js';
import { adamw } from '../optimizers/index.js';
import { initialValues } from '../values.js';

const SIZE = 32;
const N = 8;
const keras = await models.fromOnnx(modelFile('keras'));
const transformer = await models.fromOnnx(modelFile('transformer'));

describe('a frozen body in int8 gives features like those in float32', () => {
  const device = new LocalDevice();
  after(() => device.close());

  /** Pictures of one colour each, with noise. */
  function pictures(): Uint8Array {
    const rng = new Rng(1, Stream.sample);
    const bytes = new Uint8Array(N * 3 * SIZE ** 2);
    let base = 0;
    return bytes.map((_, i) => {
      if (i % SIZE ** 2 === 0) base = rng.int(200);
      return base + rng.int(56);
    });
  }

  for (const [what, arch] of [
    ['squeezenet1_1, which joins channels', models.squeezenet1_1],
    ['mobilenet_v3_small, whose activations are not ReLUs', models.mobilenet_v3_small],
    ["Keras' export", keras],
    ["PyTorch's export of a transformer", transformer],
  ] satisfies [string, Architecture][]) {
    test(what, async () => {
      const network: Network = {
        ...{ arch, classes: 2, head: { kind: 'concat-pool' } },
        ...{ mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
      };
      const engine = new Engine(device, network, { optimizer: adamw(), seed: 0 });
      await engine.setValues(initialValues(engine.layout, 0));
      await engine.freeze({ firstTrained: arch.groups.length, trainNorm: false });
      const images = pictures();
      await engine.quantiseBody([{ images, n: N }], SIZE);
      const float = await engine.features(images, N, SIZE);
      const int8 = await engine.features(images, N, SIZE, 'int8');
      const norm = (x: Float32Array) => Math.hypot(...x);
      const share = norm(int8.map((x, i) => x - (float[i] ?? 0))) / norm(float);
      assert.ok(share > 0 && share < 0.3, `${share} of their norm apart`);
    });
  }
});
