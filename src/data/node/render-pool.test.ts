import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_FRAMING } from '../framing.js';
import { NO_CHECKSUM, RenderError, type RenderJob } from '../render.js';
import { noTransforms } from '../transforms.js';
import { RenderPool } from './render-pool.js';

/** Two grey pictures of 4 × 4 in shared memory. */
const job: RenderJob = {
  size: 4,
  seed: 0,
  epoch: 0,
  framing: DEFAULT_FRAMING,
  augmentation: { kind: 'none' },
  transforms: noTransforms.valid,
  indices: Int32Array.of(0, 1),
  sources: [new SharedArrayBuffer(96)],
  places: Float64Array.of(0, 0, 4, 4, NO_CHECKSUM, 0, 48, 4, 4, NO_CHECKSUM),
};

for (const workers of [0, 2]) {
  test(`the picture that cannot be made is named, and the next batch is made all the same (${workers} workers)`, async () => {
    const pool = new RenderPool(workers);
    const fails = async (places: number[], picture: number, lost: boolean): Promise<void> => {
      await assert.rejects(pool.render({ ...job, places: Float64Array.from(places) }), (error) => {
        assert.ok(error instanceof RenderError);
        assert.deepEqual([error.picture, error.lost], [picture, lost]);
        return true;
      });
    };
    await fails([0, 0, 4, 4, NO_CHECKSUM, 7, 0, 4, 4, NO_CHECKSUM], 1, false);
    await fails([0, 0, 4, 4, 12345, 0, 48, 4, 4, NO_CHECKSUM], 0, true);
    await fails([0, 0, 4, 4, NO_CHECKSUM, 0, 80, 4, 4, NO_CHECKSUM], 1, true);
    assert.deepEqual(await pool.render(job), new Uint8Array(96));
    await pool.close();
    await assert.rejects(pool.render(job), /closed/);
  });
}

test('closing rejects what is still being made', async () => {
  const pool = new RenderPool(1);
  const rendering = pool.render(job);
  await Promise.all([assert.rejects(rendering, /closed/), pool.close()]);
});
