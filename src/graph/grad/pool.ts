import { intOf } from '../attributes.js';
import { OWN_DOMAIN } from '../ops.js';
import { at } from '../shapes/index.js';
import { extent, type Window, windowOf } from '../shapes/window.js';
import { float32, sizeOf } from '../types.js';
import { expandTo, type GradientRule, onlyFirstOutput, reshapeTo } from './rule.js';

/** y = mean over the spatial axes */
export const globalAveragePool: GradientRule = (c) => [
  expandTo(c.b, c.m.mul(c.dy, 1 / sizeOf(c.dims(0).slice(2))), c.dims(0)),
];

/** The gradient goes to the first maximum of each plane, as in PyTorch. */
export const globalMaxPool: GradientRule = (c) => {
  const { b, m } = c;
  const [n = 1, ch = 1, ...spatial] = c.dims(0);
  const plane = sizeOf(spatial);
  const flat = reshapeTo(b, c.x(0), [n, ch, plane]);
  const winner = b.op('ArgMax', [flat], { axis: 2, keepdims: 1, select_last_index: 0 });
  const places = b.integers(...Array.from({ length: plane }, (_, i) => i));
  const hot = b.op('Cast', [b.op('Equal', [winner, places])], { to: 1 });
  return [reshapeTo(b, m.mul(hot, reshapeTo(b, c.dy, [n, ch, 1])), c.dims(0))];
};

/** Each window's gradient goes to its first maximum, as in PyTorch: its place among all elements is the second output. */
export const maxPool: GradientRule = (c) => {
  onlyFirstOutput(c);
  if (intOf(c.node, 'storage_order', 0) !== 0) throw c.fail('it has no gradient with storage_order 1');
  return [c.b.op('MaxPoolGrad', [c.dy, c.x(0), c.y(1)], c.node.attributes, { domain: OWN_DOMAIN })];
};

/** dy over the number of elements in each window, then the input gradient of a depthwise convolution with ones. */
export const averagePool: GradientRule = (c) => {
  const { b, m } = c;
  const [, channels = 1, ...spatial] = c.dims(0);
  const window = windowOf(c.node, spatial);
  const counts = windowCounts(window, intOf(c.node, 'count_include_pad', 0) === 1);
  // With ceil_mode the last window may reach beyond the padding.
  const end = window.end.map((p, i) => {
    const reach =
      (at(window.output, i) - 1) * at(window.strides, i) + extent(at(window.kernel, i), at(window.dilations, i));
    return Math.max(p, reach - at(spatial, i) - at(window.begin, i));
  });
  const ones = b.constant(
    float32([channels, 1, ...window.kernel], new Float32Array(channels * sizeOf(window.kernel)).fill(1)),
  );
  const shares = m.mul(
    c.dy,
    b.constant(
      float32(
        [1, 1, ...window.output],
        counts.map((n) => 1 / n),
      ),
    ),
  );
  return [
    b.op(
      'ConvInputGrad',
      [shares, ones],
      {
        kernel_shape: window.kernel,
        strides: window.strides,
        dilations: window.dilations,
        pads: [...window.begin, ...end],
        group: channels,
        shape: c.dims(0),
      },
      { domain: OWN_DOMAIN },
    ),
  ];
};

/** How many elements each window averages, row by row: all that lie in the input, or in the padded input. */
function windowCounts(w: Window, withPadding: boolean): number[] {
  const byAxis = w.output.map((length, i) =>
    Array.from({ length }, (_, o) => {
      const start = o * at(w.strides, i) - at(w.begin, i);
      const [low, high] = withPadding ? [-at(w.begin, i), at(w.input, i) + at(w.end, i)] : [0, at(w.input, i)];
      const taps = Array.from({ length: at(w.kernel, i) }, (_, k) => start + k * at(w.dilations, i));
      return taps.filter((p) => p >= low && p < high).length;
    }),
  );
  return byAxis.reduce((counts, axis) => counts.flatMap((n) => axis.map((k) => n * k)), [1]);
}
