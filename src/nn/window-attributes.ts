import { type AttributeInput, toAttribute } from '../graph/attributes.js';
import { windowOf } from '../graph/shapes/window.js';
import type { Initialiser } from './forward-source.js';

export interface ConvOptions {
  readonly stride?: number;
  readonly groups?: number;
  readonly dilation?: number;
  /** Padding on every side, or 'same' as TensorFlow pads (more after than before). Default: what keeps the size at stride 1. */
  readonly pad?: number | 'same';
  /** How the weights start. Default `kaiming-normal`. */
  readonly init?: Initialiser;
}

export interface PoolOptions {
  /** Default: the window's side. */
  readonly stride?: number;
  /** Padding on every side. Default 0. */
  readonly pad?: number;
  /** Whether a last window that is not whole counts. Default false. */
  readonly ceil?: boolean;
}

/** A convolution's window as ONNX's attributes. */
export function convAttributes(k: number, o: ConvOptions): Record<string, AttributeInput> {
  const { stride = 1, groups = 1, dilation = 1 } = o;
  const pad = o.pad ?? (dilation * (k - 1)) / 2;
  return {
    kernel_shape: [k, k],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    group: groups,
    ...(pad === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads: [pad, pad, pad, pad] }),
  };
}

/** A pooling's window as ONNX's attributes. */
export function poolAttributes(k: number, o: PoolOptions): Record<string, AttributeInput> {
  const { stride = k, pad = 0, ceil = false } = o;
  return {
    kernel_shape: [k, k],
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
    ...(ceil ? { ceil_mode: 1 } : {}),
  };
}

/** Whether a convolution sees each place alone, with all channels, and leaves out none. */
export function isPointwise(
  x: readonly number[],
  weights: readonly number[],
  attributes: Readonly<Record<string, AttributeInput>>,
): boolean {
  const named = Object.entries(attributes).map(([name, value]) => [name, toAttribute(name, value)] as const);
  const node = { op: 'Conv', domain: '', name: 'conv', inputs: [], outputs: [], attributes: Object.fromEntries(named) };
  const { kernel, group, strides, output, input } = windowOf(node, x.slice(2), weights.slice(2));
  return group === 1 && [...kernel, ...strides].every((n) => n === 1) && output.join() === input.join();
}
