import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../core/errors.js';
import { Rng } from '../../core/rng.js';
import { modelOf } from '../../graph/model.js';
import { writeModel } from '../../graph/onnx.js';
import { float32, int64 } from '../../graph/types.js';
import { readWeightBytes } from './read.js';
import { fixture, torchZip } from './testing/files.js';
import { StoredZip } from './zip.js';

/** Damaged files of every format: each is read, or is a UserError; never anything else, and never much memory. */

const MUTATIONS = 600;
const SEED = 20;
/** Numbers that lengths and counts like to break on. */
const ODD = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

function mutated(bytes: Uint8Array, rng: Rng): Uint8Array {
  let out = bytes.slice();
  for (let n = 1 + rng.int(3); n > 0; n--) {
    const at = rng.int(Math.max(1, out.length));
    switch (rng.int(6)) {
      case 0: // one bit
        out[at] = (out[at] ?? 0) ^ (1 << rng.int(8));
        break;
      case 1: // one byte
        out[at] = rng.int(256);
        break;
      case 2: // cut
        out = out.slice(0, at);
        break;
      case 3: {
        // an odd number in two, four or eight bytes
        const value = ODD[rng.int(ODD.length)] ?? 0;
        const width = 2 << rng.int(3);
        for (let i = 0; i < width && at + i < out.length; i++) out[at + i] = i < 4 ? (value >>> (8 * i)) & 255 : 0;
        break;
      }
      case 4: {
        // a piece left out, or twice
        const length = 1 + rng.int(16);
        const twice = rng.int(2) === 1;
        out = Uint8Array.from([
          ...out.subarray(0, twice ? at + length : at),
          ...out.subarray(twice ? at : at + length),
        ]);
        break;
      }
      default: {
        // a piece from elsewhere
        const from = rng.int(Math.max(1, out.length));
        out.copyWithin(at, from, from + 1 + rng.int(24));
      }
    }
  }
  return out;
}

const graph = {
  name: 'g',
  inputs: [{ name: 'x', dtype: 'float32' as const, dims: ['n', 3] }],
  outputs: [{ name: 'y', dtype: 'float32' as const, dims: undefined }],
  nodes: [
    {
      op: 'MatMul',
      domain: '',
      name: 'm',
      inputs: ['x', 'w'],
      outputs: ['y'],
      attributes: { k: { kind: 'int' as const, value: 3 } },
    },
  ],
  initializers: new Map([
    ['w', float32([3, 2], [1, 2, 3, 4, 5, 6])],
    ['i', int64([2], [1, -1])],
  ]),
  valueInfo: new Map(),
};

// The pickles of zip archives once more without checksums, so that what is damaged in them is seen.
const pickles = ['zip.pth', 'zip-protocol4.pth', 'zip-types.pth', 'checkpoint.pth'].map((name) => {
  const zip = new StoredZip(fixture(name));
  const folder = name.replace('.pth', '');
  const storages = Object.fromEntries(
    [...zip.names].filter((n) => n.includes('/data/')).map((n) => [n.slice(n.lastIndexOf('/') + 1), zip.read(n)]),
  );
  return {
    name: `the pickle of ${name}`,
    bytes: zip.read(`${folder}/data.pkl`),
    wrap: (p: Uint8Array) => torchZip(p, storages),
  };
});

const inputs: readonly { name: string; bytes: Uint8Array; wrap?: (bytes: Uint8Array) => Uint8Array }[] = [
  ...['zip.pth', 'zip-unchecked.pth', 'legacy.pth', 'checkpoint-legacy.pth', 'tar.pth', 'types.safetensors'].map(
    (name) => ({ name, bytes: fixture(name) }),
  ),
  ...pickles,
  { name: 'an ONNX model', bytes: writeModel(modelOf(graph)) },
];

for (const [stream, { name, bytes, wrap = (b: Uint8Array) => b }] of inputs.entries()) {
  test(`${MUTATIONS} damaged forms of ${name} are read or refused`, () => {
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const damaged = wrap(mutated(bytes, new Rng(SEED, stream, i)));
      try {
        const { tensors } = readWeightBytes(damaged, 'damaged');
        const size = [...tensors.values()].reduce((n, t) => n + (typeof t.data === 'string' ? 0 : t.data.length), 0);
        assert.ok(size <= 8 * damaged.length + 2 ** 20, `mutation ${i}: ${size} elements of ${damaged.length} bytes`);
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`mutation ${i} of ${name}`, { cause: error });
        refused++;
      }
    }
    assert.ok(refused > MUTATIONS / 10, `${refused} refused`);
  });
}

test('random bytes behind the beginning of each format are refused', () => {
  for (const [stream, { name, bytes, wrap = (b: Uint8Array) => b }] of inputs.entries()) {
    for (let i = 0; i < 100; i++) {
      const rng = new Rng(SEED + 1, stream, i);
      const noise = bytes.slice(0, 16 + rng.int(400));
      for (let at = 4 + rng.int(16); at < noise.length; at++) noise[at] = rng.int(256);
      try {
        readWeightBytes(wrap(noise), 'noise');
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`noise ${i} of ${name}`, { cause: error });
      }
    }
  }
});
