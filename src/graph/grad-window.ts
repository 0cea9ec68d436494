import { intOf, intsOf } from './attributes.js';
import type { Window } from './shapes/window.js';
import type { Node } from './types.js';

/** The window of a ConvInputGrad or ConvWeightGrad node: always written out in full by the gradient rule of Conv. */
export type GradWindow = Omit<Window, 'input' | 'output'> & {
  /** The shape of what the gradient is taken with regard to. */
  readonly shape: readonly number[];
};

export function gradWindow(node: Node): GradWindow {
  const list = (name: string): readonly number[] => {
    const value = intsOf(node, name);
    if (value === undefined) throw new Error(`node ${node.name} (${node.op}): attribute ${name} is missing`);
    return value;
  };
  const pads = list('pads');
  const kernel = list('kernel_shape');
  return {
    kernel,
    strides: list('strides'),
    dilations: list('dilations'),
    begin: pads.slice(0, kernel.length),
    end: pads.slice(kernel.length),
    group: intOf(node, 'group', 1),
    shape: list('shape'),
  };
}
