import { type Architecture, convNormActivation, type Forward, squeezeExcitation, type Value } from 'onecycle';

/** Depthwise 3×3, squeeze and excitation, 1×1 back, added to the input: all of it at half the sides if `out` is another number of channels. */
function block(f: Forward, name: string, x: Value, out: number): Value {
  const [, channels = 1] = f.b.dims(x);
  const stride = out === channels ? 1 : 2;
  let y = convNormActivation(f, `${name}.wide`, x, 2 * channels, 1, { activation: 'silu' });
  y = convNormActivation(f, `${name}.deep`, y, 2 * channels, 3, { activation: 'silu', groups: 2 * channels, stride });
  y = squeezeExcitation(f, `${name}.excite`, y, channels / 2, 'silu');
  y = convNormActivation(f, `${name}.narrow`, y, out, 1, { activation: 'none' });
  return stride === 1 ? f.add(x, y) : y;
}

/**
 * A small network: a function over layers, whose names are those of its parameters in files of weights; and its layer groups, lists of
 * first parts of such names. `cnnLearner` puts a head on what `body` gives.
 */
export const pocketNet: Architecture = {
  name: 'pocket_net',
  body(f, x) {
    let y = convNormActivation(f, 'stem', x, 16, 3, { stride: 2, activation: 'silu' });
    y = block(f, 'stage1.0', y, 16);
    y = block(f, 'stage2.0', y, 32);
    y = block(f, 'stage2.1', y, 32);
    return block(f, 'stage3.0', y, 64);
  },
  classifier: (f, features, classes) => f.linear('classifier', f.averagePooled(features), classes),
  groups: [
    ['stem', 'stage1'],
    ['stage2', 'stage3'],
  ],
  minSize: 16,
  inputSize: 64,
};
