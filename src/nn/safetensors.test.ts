import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../core/errors.js';
import type { TensorData } from '../graph/types.js';
import { floatToHalf, halfToFloat, widenBfloat16 } from './half.js';
import { asFloat32, readSafetensors, writeSafetensors } from './safetensors.js';

const tensors = new Map<string, TensorData>([
  ['a', { dtype: 'float32', dims: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-9, 1e9) }],
  ['b', { dtype: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) }],
  ['c', { dtype: 'int64', dims: [], data: BigInt64Array.of(-7n) }],
  ['empty', { dtype: 'float32', dims: [0, 4], data: new Float32Array() }],
]);

/** A file with the given header over `bytes` bytes of data. */
function file(header: unknown, bytes = 0, claimed?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + bytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(claimed ?? text.length), true);
  out.set(text, 8);
  return out;
}

test('what is written is read back', () => {
  const read = readSafetensors(writeSafetensors(tensors, { kind: 'test' }), 'file');
  assert.deepEqual([...read.tensors], [...tensors]);
  assert.deepEqual(read.metadata, { kind: 'test' });
});

test('a file that is cut anywhere is an error that names it', () => {
  const whole = writeSafetensors(tensors);
  for (let length = 0; length < whole.length; length += 7) {
    assert.throws(
      () => readSafetensors(whole.subarray(0, length), 'cut.safetensors'),
      (error) => error instanceof UserError && error.message.startsWith('cut.safetensors is not a whole'),
    );
  }
});

test('headers that lie are errors, and nothing is allocated for them', () => {
  const entry = (o: object) => ({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...o } });
  for (const [name, bytes] of [
    ['a header longer than the file', file('{}', 0, 2 ** 40)],
    ['no JSON', file('{nonsense')],
    ['a list', file('[]')],
    ['an unknown type', file(entry({ dtype: 'F7' }), 4)],
    ['data beyond the end', file(entry({ data_offsets: [0, 400] }), 4)],
    ['backward offsets', file(entry({ data_offsets: [4, 0] }), 4)],
    ['a shape that does not fit', file(entry({ shape: [2 ** 30, 2 ** 10] }), 4)],
    ['a shape beyond counting', file(entry({ shape: [2 ** 50, 2 ** 50] }), 4)],
    ['a negative dimension', file(entry({ shape: [-1] }), 4)],
  ] as const) {
    assert.throws(() => readSafetensors(bytes, 'file'), UserError, name);
  }
});

test('half precision: every number comes back, and rounding is to the nearest, ties to even', () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = halfToFloat(bits);
    if (!Number.isNaN(value)) assert.equal(floatToHalf(value), bits, `bits ${bits}`);
  }
  assert.ok(Number.isNaN(halfToFloat(floatToHalf(Number.NaN))));
  assert.equal(halfToFloat(floatToHalf(65520)), Number.POSITIVE_INFINITY);
  assert.equal(halfToFloat(floatToHalf(65519)), 65504);
  assert.equal(halfToFloat(floatToHalf(1 + 2 ** -11)), 1);
  assert.equal(halfToFloat(floatToHalf(1 + 3 * 2 ** -11)), 1 + 2 ** -9);
  assert.equal(halfToFloat(floatToHalf(2 ** -25)), 0);
  assert.equal(halfToFloat(floatToHalf(-(2 ** -24))), -(2 ** -24));
});

test('floating tensors widen to float32, others are refused', () => {
  assert.deepEqual(
    asFloat32({ dtype: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) }, 'x'),
    Float32Array.of(1, -2),
  );
  assert.deepEqual(widenBfloat16(Uint16Array.of(0x3f80, 0xc000)), Float32Array.of(1, -2));
  assert.throws(() => asFloat32({ dtype: 'int32', dims: [1], data: Int32Array.of(1) }, 'steps'), /steps holds int32/);
});
