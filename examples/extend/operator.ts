import { type Architecture, registerOperator } from 'onecycle';

const ALPHA = 1.702;

/** y = x·σ(αx), which ONNX Runtime has as one operator: dx = dy·(s + αx·s·(1 − s)), s = σ(αx). */
registerOperator({
  name: 'com.microsoft:QuickGelu',
  types: ({ dims, dtype }) => [{ dtype: dtype(0), dims: dims(0) }],
  gradient({ m, dy, x }) {
    const ax = m.mul(x(0), ALPHA);
    const s = m.sigmoid(ax);
    return [m.mul(dy, m.add(s, m.mul(ax, m.mul(s, m.sub(1, s)))))];
  },
});

/** A network that uses it. ONNX files with the operator become backbones from then on, too. */
export const quickNet: Architecture = {
  name: 'quick_net',
  body(f, x) {
    let y = x;
    [16, 32, 64].forEach((channels, i) => {
      y = f.convNorm(`conv${i}`, `norm${i}`, y, channels, 3, { stride: 2 });
      y = f.b.op('QuickGelu', [y], { alpha: ALPHA }, { domain: 'com.microsoft' });
    });
    return y;
  },
  classifier: (f, features, classes) => f.linear('classifier', f.averagePooled(features), classes),
  groups: [
    ['conv0', 'norm0'],
    ['conv1', 'norm1', 'conv2', 'norm2'],
  ],
  inputSize: 64,
};
