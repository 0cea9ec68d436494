import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { exportedNetwork } from '../exported-network.js';
import { gradCam } from './grad-cam.js';
import { heatMap } from './heat-map.js';
import { interleaved, overlaid } from './overlay.js';

const folder = new URL('../../testdata/interpret/', import.meta.url);
const Reference = z.object({
  picture: z.array(z.number()),
  maps: z.record(z.string(), z.array(z.array(z.number()))),
});
const reference = Reference.parse(JSON.parse(readFileSync(new URL('grad_cam.json', folder), 'utf8')));

const root = await mkdtemp(join(tmpdir(), 'onecycle-grad-cam-'));
after(() => rm(root, { recursive: true }));

test('a map of 1 × 2: channels weighted by mean derivatives, what is negative left out, enlarged between centres', () => {
  const grid = { form: 'planes', height: 1, width: 2, channels: 2, before: 0 } as const;
  // Weights (1 + 3)/2 = 2 and (−1 + 0)/2 = −½: sums 2·1 − ½·6 = −1, 2·2 − ½·4 = 2.
  const layer = { layer: 'a', grid, values: Float32Array.of(1, 2, 6, 4), gradients: Float32Array.of(1, 3, -1, 0) };
  const { values, ...rest } = gradCam(layer, 4);
  assert.deepEqual(rest, { size: 4, layer: 'a', grid: [1, 2] });
  assert.deepEqual([...values.subarray(0, 4)], [0, 0.25, 0.75, 1]);
  assert.deepEqual([...values.subarray(12)], [0, 0.25, 0.75, 1]);
});

test('tokens behind a class token; where nothing speaks for the class all is cold', () => {
  const grid = { form: 'tokens', height: 2, width: 2, channels: 1, before: 1 } as const;
  const values = Float32Array.of(9, 1, 2, 3, 4);
  const map = gradCam({ layer: 'block', grid, values, gradients: Float32Array.of(7, 1, 1, 1, 1) }, 2);
  assert.deepEqual([...map.values], [0.25, 0.5, 0.75, 1]);
  const cold = gradCam({ layer: 'block', grid, values, gradients: Float32Array.of(7, -1, -1, -1, -1) }, 2);
  assert.deepEqual([...cold.values], [0, 0, 0, 0]);
});

test("networks with maps and with tokens: PyTorch's heat maps", async () => {
  const file = join(root, 'picture.png');
  const planes = Uint8Array.from(reference.picture);
  await writeFile(
    file,
    await sharp(interleaved(planes), { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toBuffer(),
  );
  for (const [name, maps] of Object.entries(reference.maps)) {
    const network = await exportedNetwork(fileURLToPath(new URL(`${name}.onnx`, folder)));
    try {
      for (const [c, expected] of maps.entries()) {
        const map = await heatMap(network, file, { label: `c${c}` });
        assert.deepEqual([map.grid, map.label], [[4, 4], `c${c}`]);
        assert.deepEqual(map.picture, planes);
        const off = expected.map((value, i) => Math.abs(value - (map.values[i] ?? Number.NaN)));
        assert.ok(Math.max(...off) < 1e-4, `${name}, class ${c}: off by ${Math.max(...off)} at ${map.layer}`);
      }
      await assert.rejects(heatMap(network, file, { label: 'cat' }), /there is no class "cat"; there are c0, c1, c2/);
      await assert.rejects(heatMap(network, join(root, 'none.png')), UserError);
    } finally {
      await network.close();
    }
  }
  await assert.rejects(exportedNetwork(join(root, 'none.onnx')), /none\.onnx/);
  await assert.rejects(exportedNetwork(file), UserError);
});

test('hot places glow, cold ones show the picture', () => {
  const pixels = overlaid(Uint8Array.of(100, 100, 50, 50, 0, 0), Float32Array.of(0, 1));
  assert.deepEqual([...pixels.subarray(0, 3)], [100, 50, 0]);
  assert.deepEqual([...pixels.subarray(3)], [Math.round(0.3 * 100 + 0.7 * 252), Math.round(0.3 * 50 + 0.7 * 255), 115]);
});
