import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalDevice } from '../../../runtime/node/local-device.js';
import type { AttributeInput } from '../../attributes.js';
import { GraphBuilder } from '../../builder.js';
import { gradients } from '../../grad/backward.js';
import { OWN_DOMAIN } from '../../ops.js';
import { runGraph } from '../../testing/run-graph.js';
import { float32, type Graph, sizeOf, type TensorData } from '../../types.js';
import { lower } from '../index.js';

/** Convolutions whose gradients have forms of their own in the blocked layout: [N, C, H, W], [O, I, k, k]. */
const CASES: readonly {
  readonly what: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  /** Whether it is to be computed in Winograd's tiles. */
  readonly tiles?: boolean;
}[] = [
  { what: '3×3', x: [16, 16, 6, 5], w: [32, 16, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  { what: '3×3 without padding', x: [16, 16, 6, 5], w: [16, 16, 3, 3] },
  { what: '3×3 for an odd batch', x: [3, 16, 6, 5], w: [16, 16, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  {
    what: '3×3 over planes of 8×8',
    x: [32, 128, 8, 8],
    w: [128, 128, 3, 3],
    attributes: { pads: [1, 1, 1, 1] },
    tiles: true,
  },
  {
    what: '3×3 over planes of 4×3',
    x: [48, 256, 4, 3],
    w: [272, 256, 3, 3],
    attributes: { pads: [1, 1, 1, 1] },
    tiles: true,
  },
  {
    what: '3×3 over planes of 2×2',
    x: [64, 256, 2, 2],
    w: [256, 256, 3, 3],
    attributes: { pads: [1, 1, 1, 1] },
    tiles: true,
  },
  {
    what: '3×3 over planes of 8×9, shifted',
    x: [32, 128, 8, 9],
    w: [144, 128, 3, 3],
    attributes: { pads: [2, 0, 0, 1] },
    tiles: true,
  },
  { what: '3×3, stride 2', x: [16, 16, 8, 6], w: [16, 16, 3, 3], attributes: { pads: [1, 1, 1, 1], strides: [2, 2] } },
  {
    what: '3×3, stride 2, odd',
    x: [16, 16, 7, 9],
    w: [16, 16, 3, 3],
    attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
  },
  {
    what: '3×3, stride 2, TensorFlow',
    x: [16, 16, 8, 6],
    w: [16, 16, 3, 3],
    attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  },
  {
    what: '5×3, strides 3 and 1',
    x: [16, 16, 9, 6],
    w: [16, 16, 5, 3],
    attributes: { pads: [2, 1, 2, 1], strides: [3, 1] },
  },
  { what: '2×2, stride 2', x: [16, 16, 8, 6], w: [16, 16, 2, 2], attributes: { strides: [2, 2] } },
  {
    what: '3×3, dilation 2',
    x: [16, 16, 9, 8],
    w: [16, 16, 3, 3],
    attributes: { pads: [2, 2, 2, 2], dilations: [2, 2] },
  },
  { what: 'stem 7×7', x: [16, 3, 16, 12], w: [16, 3, 7, 7], attributes: { pads: [3, 3, 3, 3], strides: [2, 2] } },
  {
    what: 'stem 3×3, TensorFlow',
    x: [16, 3, 16, 12],
    w: [16, 3, 3, 3],
    attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  },
  { what: '1×1 up, large planes', x: [4, 16, 16, 16], w: [48, 16, 1, 1] },
  { what: '1×1 down, large planes', x: [4, 48, 16, 16], w: [16, 48, 1, 1] },
  { what: '1×1 up, small planes', x: [4, 16, 4, 4], w: [48, 16, 1, 1] },
  { what: '1×1 down, small planes', x: [4, 48, 4, 4], w: [16, 48, 1, 1] },
  { what: '1×1, planes that no block divides', x: [4, 16, 3, 5], w: [48, 16, 1, 1] },
  { what: '1×1, stride 2', x: [4, 16, 16, 16], w: [32, 16, 1, 1], attributes: { strides: [2, 2] } },
  { what: '1×1, stride 2, odd', x: [4, 16, 7, 7], w: [32, 16, 1, 1], attributes: { strides: [2, 2] } },
  { what: 'depthwise 3×3', x: [4, 16, 6, 5], w: [16, 1, 3, 3], attributes: { pads: [1, 1, 1, 1], group: 16 } },
  {
    what: 'depthwise 5×5, stride 2',
    x: [4, 16, 8, 8],
    w: [16, 1, 5, 5],
    attributes: { pads: [2, 2, 2, 2], strides: [2, 2], group: 16 },
  },
  { what: '1×1 to channels that fill up no block', x: [4, 48, 16, 16], w: [24, 48, 1, 1] },
  { what: '1×1 from channels that fill up no block', x: [4, 24, 16, 16], w: [48, 24, 1, 1] },
  { what: '1×1 of such channels, small planes', x: [16, 40, 4, 4], w: [24, 40, 1, 1] },
  { what: '1×1 of such channels, stride 2', x: [4, 24, 8, 8], w: [40, 24, 1, 1], attributes: { strides: [2, 2] } },
  { what: '3×3 of such channels', x: [16, 24, 6, 5], w: [40, 24, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  {
    what: '3×3 of such channels, stride 2',
    x: [16, 40, 8, 6],
    w: [24, 40, 3, 3],
    attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
  },
  {
    what: 'depthwise 3×3 of such channels, stride 2',
    x: [4, 24, 6, 8],
    w: [24, 1, 3, 3],
    attributes: { pads: [1, 1, 1, 1], strides: [2, 2], group: 24 },
  },
  { what: 'grouped', x: [4, 32, 6, 6], w: [32, 8, 3, 3], attributes: { pads: [1, 1, 1, 1], group: 4 } },
];

/** y, dx and dw of a convolution between two batch norms, which are blocked wherever they can be. */
function graphOf(c: (typeof CASES)[number]): Graph {
  const b = new GraphBuilder('conv');
  const x = b.input('x', 'float32', c.x);
  const w = b.input('w', 'float32', c.w);
  const y = b.op('Conv', [b.op('Relu', [x]), w], { kernel_shape: c.w.slice(2), ...c.attributes });
  const loss = b.op('ReduceSum', [b.op('Mul', [b.op('Relu', [y]), b.input('dy', 'float32', b.dims(y))])], {
    keepdims: 0,
  });
  const grads = gradients(b, loss, [x, w]);
  b.output(y, 'y');
  b.output(grads.get(x) ?? '', 'dx');
  b.output(grads.get(w) ?? '', 'dw');
  return b.finish();
}

const block = (await new LocalDevice().info()).block;

for (const c of CASES) {
  test(`a ${c.what} convolution and its gradients are the same in both layouts`, async (t) => {
    if (block === 0) return t.skip('this processor has no blocked layout');
    const graph = graphOf(c);
    const feeds: Record<string, TensorData> = {};
    graph.inputs.forEach(({ name, dims }, i) => {
      const shape = (dims ?? []).map(Number);
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, j) => Math.sin(j * 12.9898 + i * 78.233));
      feeds[name] = float32(shape, data);
    });
    const lowered = lower(graph, { block });
    if (c.tiles === true)
      assert.ok(
        lowered.nodes.some((n) => n.op === 'MatMul'),
        'it is not computed in tiles',
      );
    const [plain, blocked] = [await runGraph(lower(graph, { block: 0 }), feeds), await runGraph(lowered, feeds)];
    for (const name of ['y', 'dx', 'dw']) {
      const [expected, found] = [plain[name], blocked[name]];
      assert.ok(expected !== undefined && found !== undefined);
      assert.deepEqual(found.dims, expected.dims);
      let [error, size] = [0, 0];
      expected.data.forEach((v: number | bigint, j: number) => {
        error = Math.max(error, Math.abs(Number(found.data[j]) - Number(v)));
        size = Math.max(size, Math.abs(Number(v)));
      });
      assert.ok(error <= 1e-5 * size, `${name} differs by ${error}; its largest value is ${size}`);
    }
  });
}

for (const side of [64, 49, 65, 130]) {
  test(`the statistics of planes of ${side} × ${side} far from zero are as exact as float32 allows`, async (t) => {
    if (block === 0) return t.skip('this processor has no blocked layout');
    const [pictures, channels, places] = [2, 16, side * side];
    const dims = [pictures, channels, side, side];
    const b = new GraphBuilder('norm');
    const filled = (v: number) => b.constant(float32([channels], new Float32Array(channels).fill(v)));
    const inputs = [b.input('x', 'float32', dims), filled(1), filled(0)];
    const [, mean = '', inverse = ''] = b.ops('BatchNormTrain', 3, inputs, { epsilon: 0 }, { domain: OWN_DOMAIN });
    b.output(mean, 'mean');
    b.output(inverse, 'inverse');
    const x = Float32Array.from({ length: sizeOf(dims) }, (_, j) => 4 + Math.sin(j * 12.9898));
    const found = await runGraph(lower(b.finish(), { block }), { x: float32(dims, x) });
    for (let c = 0; c < channels; c++) {
      let [sum, squares] = [0, 0];
      for (let n = 0; n < pictures; n++) {
        const from = (n * channels + c) * places;
        for (const v of x.subarray(from, from + places)) {
          sum += v;
          squares += v * v;
        }
      }
      const expected = sum / (pictures * places);
      const deviation = Math.sqrt(squares / (pictures * places) - expected ** 2);
      const error = Math.abs(Number(found.mean?.data[c]) - expected) / expected;
      assert.ok(error <= 3e-7, `the mean of channel ${c} is off by ${error} of it`);
      const spread = Math.abs(Number(found.inverse?.data[c]) * deviation - 1);
      assert.ok(spread <= 8e-6, `the deviation of channel ${c} is off by ${spread} of it`);
    }
  });
}

for (const high of [6, 1, 0.3, 4096, undefined]) {
  test(`the gradient of an activation between 0 and ${high ?? 'infinity'} changes exactly at its bounds`, async (t) => {
    if (block === 0) return t.skip('this processor has no blocked layout');
    const dims = [2, 16, 4, 4];
    const b = new GraphBuilder('activation');
    const x = b.input('x', 'float32', dims);
    const one = b.constant(float32([16, 1, 1, 1], new Float32Array(16).fill(1)));
    const conv = b.op('Conv', [x, one], { kernel_shape: [1, 1], group: 16 });
    const bounds = high === undefined ? [] : [b.scalar(0), b.scalar(high)];
    const y = b.op(high === undefined ? 'Relu' : 'Clip', [conv, ...bounds]);
    const loss = b.op('ReduceSum', [b.op('Mul', [y, b.input('dy', 'float32', dims)])], { keepdims: 0 });
    b.output(gradients(b, loss, [x]).get(x) ?? '', 'dx');
    const top = Math.fround(high ?? 1e30);
    const below =
      new Float32Array(
        new Int32Array([new Int32Array(new Float32Array([top]).buffer)[0] ?? 0]).map((i) => i - 1).buffer,
      )[0] ?? 0;
    const places = [0, -1, 1e-20, 1e-6, top / 2, below, top, top * 1.0001, top * 3, -1e30];
    const values = Float32Array.from({ length: sizeOf(dims) }, (_, i) => places[i % places.length] ?? 0);
    const feeds = { x: float32(dims, values), dy: float32(dims, new Float32Array(values.length).fill(2)) };
    const found = await runGraph(lower(b.finish(), { block }), feeds);
    const inside = (v: number) => v > 0 && (high === undefined || v < top);
    assert.deepEqual(
      Array.from(found.dx?.data ?? [], Number),
      Array.from(values, (v) => (inside(v) ? 2 : 0)),
    );
  });
}

test('the gradient of a global average is spread in the blocked layout, channels that fill up no block included', async (t) => {
  if (block === 0) return t.skip('this processor has no blocked layout');
  for (const channels of [32, 24]) {
    const b = new GraphBuilder('average');
    const x = b.input('x', 'float32', [2, channels, 4, 3]);
    const one = b.constant(float32([channels, 1, 1, 1], new Float32Array(channels).fill(1)));
    const conv = b.op('Conv', [x, one], { kernel_shape: [1, 1], group: channels });
    const y = b.op('GlobalAveragePool', [b.op('Relu', [conv])]);
    const loss = b.op('ReduceSum', [b.op('Mul', [y, y])], { keepdims: 0 });
    b.output(gradients(b, loss, [x]).get(x) ?? '', 'dx');
    const data = Float32Array.from({ length: 2 * channels * 12 }, (_, j) => Math.sin(j * 12.9898));
    const feeds = { x: float32([2, channels, 4, 3], data) };
    const blocked = lower(b.finish(), { block });
    assert.ok(blocked.nodes.some((n) => n.op === 'Upsample'));
    const [expected, found] = [await runGraph(lower(b.finish(), { block: 0 }), feeds), await runGraph(blocked, feeds)];
    const near = (v: number | bigint, j: number) => Math.abs(Number(v) - Number(expected.dx?.data[j])) < 1e-6;
    assert.ok(found.dx?.data.every(near));
  }
});
