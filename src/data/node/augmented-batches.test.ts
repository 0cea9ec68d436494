import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../core/errors.js';
import * as t from '../augment/index.js';
import type { Augmentation } from '../batch.js';
import { getTransforms, type Transforms } from '../transforms.js';
import { ImageDataBunch } from './image-data-bunch.js';
import { loadImage } from './load-image.js';
import type { FolderOptions } from './options.js';
import { generateSampleSet } from './sample-set.js';

/** What a data bunch makes of transforms, on however many threads. */

const root = await mkdtemp(join(tmpdir(), 'onecycle-augmented-'));
after(() => rm(root, { recursive: true }));
const pictures = join(root, 'pictures');
await generateSampleSet(pictures, { classes: ['circle', 'star'], perClass: 8 });

async function batches(options: FolderOptions, augmentations: Augmentation[] = [{ kind: 'train' }]) {
  const set = { size: 24, bs: 4, workers: 0, cacheFolder: join(root, 'cache') };
  const bunch = await ImageDataBunch.fromFolder(pictures, { ...set, ...options });
  try {
    const all: Uint8Array[] = [];
    for (const augmentation of augmentations) {
      for await (const { images } of bunch.batches('train', { epoch: 1, augmentation })) all.push(images);
    }
    return all;
  } finally {
    await bunch.close();
  }
}

/** Every transform there is, each sometimes. */
const p = 0.3;
const EVERYTHING: Transforms = getTransforms({
  flipVert: true,
  xtraTfms: [
    t.randResizeCrop({ p }),
    t.pad({ padding: 3, p }),
    t.flipLr({ p }),
    t.flipAffine({ p }),
    t.dihedral({ p }),
    t.squish({ scale: [0.8, 1.2], p }),
    t.perspectiveWarp({ magnitude: [-0.2, 0.2], p }),
    t.tilt({ magnitude: [-0.2, 0.2], p }),
    t.skew({ magnitude: [-0.2, 0.2], p }),
    t.shear({ x: [-0.2, 0.2], p }),
    t.translate({ y: [-0.2, 0.2], p }),
    t.colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.1, p }),
    t.adjustSharpness({ factor: [0, 2], p }),
    t.gaussianBlur({ sigma: [0.3, 1], p }),
    t.invert({ p }),
    t.posterize({ bits: [2, 6], p }),
    t.solarize({ threshold: [0, 256], p }),
    t.autocontrast({ p }),
    t.equalize({ p }),
    t.rgbRandomize({ p }),
    t.jitter({ magnitude: 0.1, p }),
    t.cutout({ length: 8, p }),
    t.randomErasing({ mode: 'rand', p }),
    t.randomErasing({ mode: 'pixel', p }),
    t.randAugment({ p }),
    t.trivialAugment({ p }),
    t.autoAugment({ p }),
    t.custom((pixels, _size, random) => pixels.set([256 * random()], Math.floor(pixels.length * random())), { p: 0.5 }),
  ],
});

test('the same seed gives the same bytes with any number of threads, whatever the transforms', async () => {
  const passes: Augmentation[] = [{ kind: 'train' }, { kind: 'tta', pass: 6, scale: 1.35 }];
  const options: FolderOptions = { dsTfms: EVERYTHING, resizeMethod: 'pad', paddingMode: 'border', seed: 3 };
  const alone = await batches(options, passes);
  assert.ok(alone.length >= 4);
  assert.deepEqual(await batches({ ...options, workers: 2 }, passes), alone);
  assert.notDeepEqual(await batches({ ...options, seed: 4 }, passes), alone);
});

test("a function of one's own changes each picture, last of all, by random numbers that are always the same", async () => {
  const seen: number[] = [];
  const mark = t.custom((pixels, size, random) => {
    assert.equal(pixels.length, 3 * size * size);
    seen.push(random());
    pixels.fill(200, 0, size);
  });
  const dsTfms: Transforms = { train: [mark, t.invert()], valid: [t.crop(), mark] };
  const images = await batches({ dsTfms, workers: 1 });
  for (const batch of images) {
    for (let k = 0; k < 4; k++) assert.deepEqual(new Set(batch.subarray(k * 1728, k * 1728 + 24)), new Set([200]));
  }
  const first = seen.splice(0);
  assert.equal(new Set(first).size, 4 * images.length);
  await batches({ dsTfms });
  assert.deepEqual(seen.sort(), first.sort());
  // Test-time passes are what training sees; single pictures are as validation has them.
  const others = await batches({ dsTfms }, [{ kind: 'tta', pass: 0, scale: 1.35 }, { kind: 'none' }]);
  for (const batch of others) assert.equal(batch[5], 200);
  const [name = ''] = await readdir(join(pictures, 'valid', 'star'));
  assert.equal((await loadImage(join(pictures, 'valid', 'star', name), 24, { transforms: dsTfms.valid }))[5], 200);
  const never = await batches({ dsTfms: { ...dsTfms, train: [t.custom((pixels) => pixels.fill(0), { p: 0 })] } });
  assert.ok(never[0]?.some((value) => value > 0));
});

test('a function that fails tells of which picture, and what is no function is refused', async () => {
  const failing = t.custom(() => {
    throw new Error('out of ideas');
  });
  await assert.rejects(batches({ dsTfms: { train: [failing], valid: [] } }), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /a custom transform failed on .*\.(jpg|png): out of ideas/);
    return true;
  });
  assert.throws(() => t.custom('./module.js' as never), /custom: apply must be a function/);
});
