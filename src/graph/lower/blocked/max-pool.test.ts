import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalDevice } from '../../../runtime/node/local-device.js';
import type { AttributeInput } from '../../attributes.js';
import { GraphBuilder } from '../../builder.js';
import { gradients } from '../../grad/backward.js';
import { runGraph } from '../../testing/run-graph.js';
import { float32, type Graph, sizeOf, type TensorData } from '../../types.js';
import { lower } from '../index.js';

interface Case {
  readonly what: string;
  readonly x: readonly number[];
  readonly attributes: Readonly<Record<string, AttributeInput>> & { readonly kernel_shape: readonly number[] };
  /** Between the convolution and the pooling. */
  readonly relu?: boolean;
  /** Scatters in the blocked lowering: none unless given. */
  readonly scatters?: number;
}

const halves = { kernel_shape: [2, 2], strides: [2, 2] };
const stem = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };

const CASES: readonly Case[] = [
  { what: '2×2', x: [2, 16, 6, 8], attributes: halves },
  { what: '2×2 behind a ReLU', x: [2, 16, 6, 8], attributes: halves, relu: true },
  { what: '2×2 of odd sides', x: [2, 16, 7, 5], attributes: halves },
  { what: '2×2 of odd sides, ceil_mode', x: [2, 16, 7, 5], attributes: { ...halves, ceil_mode: 1 } },
  { what: '2×2 of channels that fill up no block', x: [2, 24, 6, 8], attributes: halves },
  { what: '3×3', x: [2, 16, 8, 10], attributes: stem },
  { what: '3×3 behind a ReLU', x: [2, 32, 8, 10], attributes: stem, relu: true },
  { what: '3×3 of odd sides', x: [2, 16, 7, 9], attributes: stem, relu: true },
  { what: '3×3 without padding', x: [2, 16, 7, 9], attributes: { kernel_shape: [3, 3], strides: [2, 2] } },
  { what: '3×3 without padding, even', x: [2, 16, 8, 8], attributes: { kernel_shape: [3, 3], strides: [2, 2] } },
  {
    what: '3×3 without padding, ceil_mode',
    x: [2, 16, 8, 9],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
    relu: true,
  },
  {
    what: '3×3 as TensorFlow pads it',
    x: [2, 16, 8, 7],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' },
  },
  { what: '3×3, stride 1', x: [2, 16, 5, 6], attributes: { ...stem, strides: [1, 1] }, relu: true },
  { what: '5×5, stride 1', x: [2, 16, 6, 6], attributes: { kernel_shape: [5, 5], pads: [2, 2, 2, 2] } },
  { what: '3×2, strides 3 and 1', x: [2, 16, 8, 6], attributes: { kernel_shape: [3, 2], strides: [3, 1] } },
  { what: '7×3 with large padding', x: [2, 16, 6, 6], attributes: { kernel_shape: [7, 3], pads: [5, 2, 4, 1] } },
  { what: '14×13', x: [1, 16, 15, 15], attributes: { kernel_shape: [14, 13], pads: [6, 6, 6, 6] }, scatters: 1 },
  { what: '2×2 that leaves elements out', x: [2, 16, 6, 6], attributes: { ...halves, strides: [3, 3] }, scatters: 1 },
  {
    what: 'dilated 3×3',
    x: [2, 16, 8, 8],
    attributes: { kernel_shape: [3, 3], dilations: [2, 2] },
    scatters: 1,
  },
];

/** y and dx of a pooling behind a convolution that keeps its input, and leaves it blocked where it can. */
function graphOf(c: Case): Graph {
  const b = new GraphBuilder('pooling');
  const x = b.input('x', 'float32', c.x);
  const channels = c.x[1] ?? 1;
  const one = b.constant(float32([channels, 1, 1, 1], new Float32Array(channels).fill(1)));
  const conv = b.op('Conv', [x, one], { kernel_shape: [1, 1], group: channels });
  const y = b.op('MaxPool', [c.relu === true ? b.op('Relu', [conv]) : conv], c.attributes);
  const loss = b.op('ReduceSum', [b.op('Mul', [y, b.input('dy', 'float32', b.dims(y))])], { keepdims: 0 });
  b.output(gradients(b, loss, [x]).get(x) ?? '', 'dx');
  b.output(y, 'y');
  return b.finish();
}

/** Whole numbers, whose sums are exact in any order, from −n to n. */
function wholes(dims: readonly number[], n: number, seed: number): TensorData {
  const value = (i: number) => Math.imul(i + seed, 2654435761) >>> 8;
  return float32(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, (_, i) => (value(i) % (2 * n + 1)) - n),
  );
}

function feedsFor(graph: Graph, n: number): { x: TensorData; dy: TensorData } {
  const [x, dy] = graph.inputs.map(({ dims }) => (dims ?? []).map(Number));
  return { x: wholes(x ?? [], n, 0), dy: wholes(dy ?? [], 1000, 7) };
}

const block = (await new LocalDevice().info()).block;

for (const c of CASES) {
  test(`max pooling ${c.what}: blocked, the gradient goes to the first maximum, too`, async (t) => {
    if (block === 0) return t.skip('this processor has no blocked layout');
    const graph = graphOf(c);
    const [plain, blocked] = [lower(graph, { block: 0 }), lower(graph, { block })];
    const scatters = (g: Graph) => g.nodes.filter((n) => n.op === 'ScatterElements').length;
    assert.deepEqual([scatters(plain), scatters(blocked)], [1, c.scatters ?? 0]);
    // Nothing but ties, many, few; and only values below zero, which padding must not beat.
    for (const n of [0, 1, 4, 1e5]) {
      const feeds = feedsFor(graph, n);
      if (n === 4)
        feeds.x = float32(
          c.x,
          Float32Array.from(Array.from(feeds.x.data, Number), (v) => v - 5),
        );
      const [expected, found] = [await runGraph(plain, feeds), await runGraph(blocked, feeds)];
      for (const name of ['y', 'dx']) {
        assert.deepEqual(found[name]?.dims, expected[name]?.dims);
        assert.deepEqual(Array.from(found[name]?.data ?? [], Number), Array.from(expected[name]?.data ?? [], Number));
      }
    }
  });
}

test('what is no number, and gradients without bound, are seen behind a blocked pooling', async (t) => {
  if (block === 0) return t.skip('this processor has no blocked layout');
  for (const relu of [false, true]) {
    const graph = graphOf({ what: '', x: [3, 16, 6, 6], attributes: stem, relu });
    const blocked = lower(graph, { block });
    for (const [name, size, bad] of [
      ['x', 36, Number.NaN],
      ['dy', 9, Number.NaN],
      ['dy', 9, Number.POSITIVE_INFINITY],
    ] as const) {
      const feeds = feedsFor(graph, 4);
      // In each plane at another place.
      for (let plane = 0; plane < 48; plane++) feeds[name].data[plane * size + (plane % size)] = bad;
      const { dx } = await runGraph(blocked, feeds);
      for (let plane = 0; plane < 48; plane++) {
        const found = dx?.data.slice(plane * 36, (plane + 1) * 36);
        assert.ok(
          found?.some((v) => Number.isNaN(v)),
          `${bad} in ${name}, plane ${plane}`,
        );
      }
    }
  }
});
