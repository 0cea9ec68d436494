import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import wabt from 'wabt';
import { BINARY } from './binary.js';
import { Kernels } from './index.js';

test('the binary is what the text says; else run scripts/build-kernels.mjs', async () => {
  const text = readFileSync(new URL('../../../src/data/kernels/kernels.wat', import.meta.url), 'utf8');
  const { buffer } = (await wabt()).parseWat('kernels.wat', text).toBinary({});
  assert.equal(BINARY, Buffer.from(buffer).toString('base64'));
});

test('memory grows with what is taken, keeps its content, and is given back', () => {
  const kernels = new Kernels();
  const first = kernels.take(3);
  kernels.bytes.set([1, 2, 3], first);
  const second = kernels.take(50 * 2 ** 20);
  assert.equal(second, first + 16);
  assert.ok(kernels.bytes.length >= second + 50 * 2 ** 20);
  assert.deepEqual([...kernels.bytes.subarray(first, first + 3)], [1, 2, 3]);
  kernels.release(second);
  assert.equal(kernels.take(1), second);
});
