import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../core/errors.js';
import { modelOf } from '../../graph/model.js';
import { writeModel } from '../../graph/onnx.js';
import { float32, type TensorData } from '../../graph/types.js';
import { widenBfloat16, widenHalf } from '../half.js';
import { readWeightBytes } from './read.js';
import { fixture, joined, pickle, text, torchZip, zip } from './testing/files.js';

/** dtype, dims and values as PyTorch printed them, by file and name; see testdata/weights/make_files.py. */
type Expected = Record<string, Record<string, { dtype: string; dims: number[]; values: string[] }>>;
const expected = JSON.parse(new TextDecoder().decode(fixture('expected.json'))) as Expected;

const FORMATS: Readonly<Record<string, string>> = {
  'zip.pth': 'torch-zip',
  'zip-protocol4.pth': 'torch-zip',
  'zip-types.pth': 'torch-zip',
  'zip-unchecked.pth': 'torch-zip',
  'checkpoint.pth': 'torch-zip',
  'checkpoint-noted.pth': 'torch-zip',
  'legacy.pth': 'torch-legacy',
  'legacy-protocol4.pth': 'torch-legacy',
  'checkpoint-legacy.pth': 'torch-legacy',
  'tar.pth': 'torch-tar',
  'types.safetensors': 'safetensors',
};

function numbers(tensor: TensorData): number[] {
  if (tensor.dtype === 'float16') return [...widenHalf(tensor.data)];
  if (tensor.dtype === 'bfloat16') return [...widenBfloat16(tensor.data)];
  return Array.from(tensor.data as Iterable<number | bigint>, Number);
}

function python(value: string): number {
  if (value.endsWith('inf')) return value.startsWith('-') ? -Infinity : Infinity;
  return Number(value);
}

/** float8 has no type of its own here. */
const WIDENED: Readonly<Record<string, string>> = { float8_e4m3fn: 'float32', float8_e5m2: 'float32' };

describe('files that PyTorch wrote', () => {
  assert.deepEqual(Object.keys(expected).sort(), Object.keys(FORMATS).sort());
  for (const [file, tensors] of Object.entries(expected)) {
    test(file, () => {
      const read = readWeightBytes(fixture(file), file);
      assert.equal(read.format, FORMATS[file]);
      assert.deepEqual([...read.tensors.keys()].sort(), Object.keys(tensors).sort());
      for (const [name, { dtype, dims, values }] of Object.entries(tensors)) {
        const tensor = read.tensors.get(name);
        assert.ok(tensor, name);
        assert.equal(tensor.dtype, WIDENED[dtype] ?? dtype, name);
        assert.deepEqual(tensor.dims, dims, name);
        assert.deepEqual(numbers(tensor), values.map(python), name);
      }
    });
  }
});

test('the initialisers of an ONNX model', () => {
  const w = float32([2], [1, 2]);
  const graph = {
    name: 'g',
    inputs: [],
    outputs: [],
    nodes: [],
    initializers: new Map([['w', w]]),
    valueInfo: new Map(),
  };
  const read = readWeightBytes(writeModel(modelOf(graph, { made: 'here' })), 'model.onnx');
  assert.equal(read.format, 'onnx');
  assert.deepEqual([...read.tensors], [['w', w]]);
  assert.equal(read.metadata.made, 'here');
});

const utf8 = (s: string) => new TextEncoder().encode(s);

test('what is no file of weights is told apart', () => {
  for (const [bytes, message] of [
    [utf8(''), /is empty/],
    [utf8('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /pointer of Git LFS/],
    [utf8('<!DOCTYPE html><html>not found</html>'), /web page/],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), /gzip/],
    [utf8('\x00\x00 some words that go on for a while'), /format is not known/],
    [pickle(0x80, 2, '}', '.'), /a pickle, but not one of torch\.save/],
    [zip({ 'readme.txt': utf8('words') }), /holds no data\.pkl/],
    [zip({ 'a/data.pkl': utf8('.') }, { method: 8 }), /is compressed/],
  ] as const) {
    assert.throws(() => readWeightBytes(bytes, 'some.pth'), refused(/^some\.pth cannot be read as weights: /, message));
  }
});

function refused(...patterns: readonly RegExp[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof UserError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  };
}

// ---- pickles that ask for more than weights ----

const STOP = '.';
/** A state_dict with one tensor, which a hostile part may go before. */
const call = (module: string, name: string, argument = "S'true'\n") => `c${module}\n${name}\n(${argument}tR`;

const HOSTILE: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ['os.system by REDUCE', pickle(call('os', 'system'), STOP), /Python's "os\.system"/],
  ['posix.system in protocol 2', pickle(0x80, 2, call('posix', 'system'), STOP), /"posix\.system"/],
  ['builtins.eval', pickle(call('builtins', 'eval'), STOP), /"builtins\.eval"/],
  ['__builtin__.eval of Python 2', pickle(call('__builtin__', 'eval'), STOP), /"__builtin__\.eval"/],
  ['builtins.exec', pickle(call('builtins', 'exec'), STOP), /"builtins\.exec"/],
  ['builtins.getattr', pickle(call('builtins', 'getattr'), STOP), /"builtins\.getattr"/],
  ['subprocess.Popen', pickle(call('subprocess', 'Popen'), STOP), /"subprocess\.Popen"/],
  ['pickle.loads', pickle(call('pickle', 'loads'), STOP), /"pickle\.loads"/],
  ['torch.load', pickle(call('torch', 'load'), STOP), /"torch\.load"/],
  ['torch.hub.load', pickle(call('torch.hub', 'load'), STOP), /"torch\.hub\.load"/],
  ['STACK_GLOBAL', pickle(0x80, 4, text('os'), text('system'), 0x93, STOP), /"os\.system"/],
  [
    'STACK_GLOBAL by dots',
    pickle(text('torch'), text('storage.os.system'), 0x93, STOP),
    /"torch\.storage\.os\.system"/,
  ],
  ['STACK_GLOBAL of no text', pickle('K\x01K\x02', 0x93, STOP), /not text/],
  ['INST', pickle("(S'true'\nios\nsystem\n", STOP), /"os\.system"/],
  ['OBJ', pickle("(cos\nsystem\nS'true'\no", STOP), /"os\.system"/],
  ['NEWOBJ', pickle('csubprocess\nPopen\n)', 0x81, STOP), /"subprocess\.Popen"/],
  ['NEWOBJ_EX', pickle('csubprocess\nPopen\n)}', 0x92, STOP), /"subprocess\.Popen"/],
  ['EXT1', pickle(0x82, 1, STOP), /registry of extensions/],
  ['EXT2', pickle(0x83, 1, 0, STOP), /registry of extensions/],
  ['EXT4', pickle(0x84, 1, 0, 0, 0, STOP), /registry of extensions/],
  ['a name of JavaScript', pickle('cconstructor\nconstructor\n.'), /"constructor\.constructor"/],
  ['__proto__ as a name', pickle('c__proto__\n__proto__\n.'), /"__proto__\.__proto__"/],
  ['a call of a text', pickle("S'x'\n)R", STOP), /calls a str/],
  ['a call of a type that is only mentioned', pickle('cbuiltins\nint\n(K\x01tR', STOP), /calls "builtins\.int"/],
  ['a whole model', pickle('ctorchvision.models.resnet\nResNet\n)', 0x81, STOP), /ResNet.*state_dict\(\) alone/],
  ['a class of a script', pickle('c__torch__.Net\nNet\n)', 0x81, STOP), /whole model/],
  ['BUILD of a tuple', pickle(')}b', STOP), /sets the state of a tuple/],
  ['_rebuild_from_type_v2 of another function', pickle(rebuildFromType(), STOP), /makes none/],
  ['out-of-band buffers', pickle(0x97, STOP), /buffers outside/],
  ['a persistent id that is text', pickle('P/etc/passwd\n.'), /refers to something outside by a str/],
  ['a persistent id that is a number', pickle('K\x05Q', STOP), /refers to something outside by a number/],
  ['a persistent id of a module', pickle("(S'module'\nS'x'\ntQ", STOP), /refers to something outside/],
  ['a persistent id without a type', pickle("(S'storage'\nS'x'\nS'0'\nS'cpu'\nK\x01tQ", STOP), /type is a str/],
  ['a storage of a negative length', pickle(storage('J\xff\xff\xff\xff'), STOP), /odd number of elements/],
  ['a storage of half a length', pickle(storage('G\x3f\xe0\0\0\0\0\0\0'), STOP), /odd number of elements/],
  [
    'a storage whose key is a list',
    pickle("(S'storage'\nctorch\nFloatStorage\n]S'cpu'\nK\x01tQ", STOP),
    /key is a list/,
  ],
  [
    'a storage whose key climbs',
    stateDict(storage('K\x04', '../../etc/passwd')),
    /lacks "archive\/data\/\.\.\/\.\.\/etc\/passwd"/,
  ],
];

function rebuildFromType(): string {
  return 'ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\nctorch\nTensor\n)}tR';
}

function storage(numel: string, key = '0'): string {
  return `(S'storage'\nctorch\nFloatStorage\nS'${key}'\nS'cpu'\n${numel}tQ`;
}

/** {'w': a tensor of this storage, offset, shape and strides}, as the opcodes that make them. */
function stateDict(of = storage('K\x04'), offset = 'K\x00', dims = '(K\x04t', strides = '(K\x01t'): Uint8Array {
  return pickle(
    `}S'w'\nctorch._utils\n_rebuild_tensor_v2\n(${of}${offset}${dims}${strides}I00\nccollections\nOrderedDict\n)RtRs`,
    STOP,
  );
}

describe('pickles that ask for anything but tensors and containers are refused by name', () => {
  for (const [name, bytes, message] of HOSTILE) {
    test(name, () => {
      assert.throws(() => readWeightBytes(torchZip(bytes), 'evil.pth'), refused(/^evil\.pth /, message));
    });
  }

  test('in the legacy format, wherever it stands', () => {
    const head = fixture('legacy.pth').subarray(0, 14);
    const evil = pickle(call('os', 'system'), STOP);
    assert.throws(() => readWeightBytes(joined([head, new Uint8Array(1), evil]), 'evil.pth'), UserError);
    const version = pickle(0x80, 2, 'M\xe9\x03', STOP);
    for (const before of [
      [],
      [version],
      [version, pickle('}', STOP)],
      [version, pickle('}', STOP), pickle('}', STOP)],
    ]) {
      const magic = fixture('legacy.pth').subarray(0, 15);
      assert.throws(() => readWeightBytes(joined([magic, ...before, evil]), 'evil.pth'), refused(/"os\.system"/));
    }
  });

  test('in the tar format, in each of its files', () => {
    const whole = fixture('tar.pth');
    const evil = pickle(call('os', 'system'), STOP);
    for (const name of ['storages', 'tensors', 'pickle']) {
      const bytes = whole.slice();
      const at = indexOf(bytes, utf8(name));
      bytes.set(evil, at + 512);
      assert.throws(() => readWeightBytes(bytes, 'evil.pth'), refused(/"os\.system"/));
    }
  });
});

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  return bytes.findIndex((_, i) => wanted.every((b, j) => bytes[i + j] === b));
}

// ---- sizes that lie ----

const four = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
const big = 'J\xff\xff\xff\x7f';

describe('sizes that do not fit what is there', () => {
  test('a tensor of a whole storage is read', () => {
    const { tensors } = readWeightBytes(torchZip(stateDict(), { 0: four }), 'x');
    assert.deepEqual([...tensors], [['w', float32([4], [1, 2, 3, 4])]]);
  });

  for (const [name, bytes, message] of [
    ['a storage longer than its entry', stateDict(storage('K\x05')), /has 16 bytes, not the 20/],
    ['a storage of 8 GB', stateDict(storage(big)), /has 16 bytes/],
    ['a shape larger than its storage', stateDict(undefined, undefined, '(K\x05t'), /reaches beyond its storage/],
    ['an offset beyond it', stateDict(undefined, 'K\x01'), /reaches beyond/],
    ['a negative offset', stateDict(undefined, 'J\xff\xff\xff\xff'), /odd size or stride/],
    ['a negative stride', stateDict(undefined, undefined, undefined, '(J\xff\xff\xff\xfft'), /odd size or stride/],
    ['a size that is no whole number', stateDict(undefined, undefined, "(S'x'\nt"), /odd size or stride/],
    [
      'a shape beyond counting',
      stateDict(undefined, undefined, `(${big.repeat(3)}t`, '(K\0K\0K\0t'),
      /claims the shape/,
    ],
    [
      'one value repeated a thousand million times',
      stateDict(undefined, undefined, '(J\0\xca\x9a\x3bt', '(K\0t'),
      /far more memory/,
    ],
    ['more strides than axes', stateDict(undefined, undefined, undefined, '(K\x01K\x01t'), /1 axes and 2 strides/],
    [
      'a hundred axes',
      stateDict(undefined, undefined, `(${'K\x01'.repeat(100)}t`, `(${'K\x01'.repeat(100)}t`),
      /100 axes/,
    ],
    ['a shape that is a number', stateDict(undefined, undefined, 'K\x04'), /shape is a number/],
  ] as const) {
    test(name, () => {
      assert.throws(() => readWeightBytes(torchZip(bytes, { 0: four }), 'x.pth'), refused(/^x\.pth /, message));
    });
  }

  test('many large views of one small storage', () => {
    // Each repeats the four values a thousand times; together they are a multiple of the file.
    const entry = (i: number) =>
      `S'w${i}'\nctorch._utils\n_rebuild_tensor_v2\n(${storage('K\x04')}K\0(M\xe8\x03M\xe8\x03t(K\0K\0tI00\n}tR`;
    const many = `}(${Array.from({ length: 2000 }, (_, i) => entry(i)).join('')}u`;
    assert.throws(() => readWeightBytes(torchZip(pickle(many, STOP), { 0: four }), 'x'), refused(/far more memory/));
  });

  test('a zip archive whose entries overlap', () => {
    const bytes = torchZip(stateDict(), { 0: four });
    const entry = new DataView(bytes.buffer);
    // The size of each entry in the central directory, beyond what the file has.
    for (let at = 0; at + 4 < bytes.length; at++) {
      if (entry.getUint32(at, true) !== 0x02014b50) continue;
      entry.setUint32(at + 20, bytes.length, true);
      entry.setUint32(at + 24, bytes.length, true);
    }
    assert.throws(() => readWeightBytes(bytes, 'x'), refused(/larger than the file/));
  });

  test('a compressed entry that nobody reads, such as TorchScript has, counts for nothing', () => {
    const bytes = torchZip(stateDict(), { 0: four, code: new Uint8Array(8) });
    const last = bytes.findLastIndex((_, at) => [0x50, 0x4b, 0x01, 0x02].every((b, i) => bytes[at + i] === b));
    const entry = new DataView(bytes.buffer);
    entry.setUint16(last + 10, 8, true);
    entry.setUint32(last + 24, 2 ** 30, true);
    assert.deepEqual([...readWeightBytes(bytes, 'x').tensors.keys()], ['w']);
  });

  test('a checksum that does not fit', () => {
    const bytes = fixture('zip.pth');
    const at = indexOf(bytes, new Uint8Array(Float32Array.of(0, 0.125, 0.25, 0.375).buffer));
    bytes[at + 1] = 1;
    assert.throws(() => readWeightBytes(bytes, 'x'), refused(/"zip\/data\/0" in its zip archive fails its checksum/));
  });
});

// ---- pickles that would be endless ----

describe('pickles that grow, or go round', () => {
  const cases: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
    ['a list that holds itself', pickle(']q\x00h\x00a', STOP), /holds a list, not a state_dict/],
    ['a dict that holds itself', pickle("}q\x00S'model'\nh\x00s", STOP), /entries are "model"/],
    ['dicts that hold each other', pickle("}q\x00S'model'\n}q\x01S'state_dict'\nh\x00ss", STOP), /entries are "model"/],
    ['a tuple within itself', pickle(']q\x00h\x00\x85h\x00\x85\x86', STOP), /holds a tuple/],
    ['lists of lists of lists', laughs(), /holds a list/],
    ['copies of copies', copies(), /too large for weights/],
    ['sets of a large list', sets(), /too large for weights/],
    ['millions of opcodes', pickle('}0'.repeat(2 ** 21 + 1), STOP), /too large for weights/],
    ['a million marks', pickle('('.repeat(1e6), STOP), /takes more from the stack/],
    ['brackets a million deep', pickle(']'.repeat(1e6), 'a'.repeat(1e6 - 1), STOP), /holds a list/],
    ['a memo that is not there', pickle('h\x07', STOP), /entry 7 of the memo/],
    ['a memo of a negative place', pickle('Np-1\n.'), /no place in a pickle's memo/],
    ['STOP on an empty stack', pickle(STOP), /takes more from the stack/],
    ['a mark that is not there', pickle('t', STOP), /takes a mark off/],
    ['an unknown opcode', pickle(0xff, STOP), /0xff\) is no opcode/],
    ['a protocol of the future', pickle(0x80, 9, STOP), /protocol 9/],
    ['text that ends beyond the file', pickle('X\xff\xff\xff\x7fabc', STOP), /cut off/],
    ['bytes that end beyond the file', pickle(0x8e, '\xff\xff\xff\xff\xff\xff\x1f\x00', STOP), /cut off/],
    ['a length of 2⁶³', pickle(0x8d, '\0\0\0\0\0\0\0\x80', STOP), /beyond any file/],
    ['a number of a million digits', pickle(`L${'9'.repeat(1e6)}L\n`, STOP), /1000001 digits/],
    ['a number of two gigabytes', pickle(0x8b, '\xff\xff\xff\x7f', STOP), /cut off/],
    ['a list as a key', pickle(']K\x01K\x02s', STOP), /sets items of a list/],
    ['a dict with a list as its key', pickle('}]K\x01s', STOP), /a list is the key of a dict/],
    ['a key without a value', pickle('}(K\x01u', STOP), /a key without a value/],
    ['a frame longer than the file', pickle(0x80, 4, 0x95, '\xff\0\0\0\0\0\0\0', STOP), /a frame/],
  ];
  for (const [name, bytes, message] of cases) {
    test(name, () => {
      assert.throws(() => readWeightBytes(torchZip(bytes), 'x.pth'), refused(/^x\.pth /, message));
    });
  }

  /** Each list holds ten times the one before: 10⁶⁰ elements, were they ever counted. */
  function laughs(): Uint8Array {
    let p = ']q\x00';
    for (let i = 0; i < 60; i++) p += `](${`h${String.fromCharCode(i)}`.repeat(10)}eq${String.fromCharCode(i + 1)}`;
    return pickle(p, STOP);
  }

  /** An OrderedDict made again and again of the same hundred thousand pairs. */
  function copies(): Uint8Array {
    const pairs = `](${'K\x01K\x02\x86'.repeat(1e5)}eq\x00`;
    return pickle(pairs, 'ccollections\nOrderedDict\n(h\x00tR0'.repeat(1e4), STOP);
  }

  function sets(): Uint8Array {
    return pickle(`](${'K\x01'.repeat(1e5)}eq\x00`, 'cbuiltins\nset\n(h\x00tR0'.repeat(1e4), STOP);
  }
});
