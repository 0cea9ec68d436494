import type { Attribute, Node, TensorData } from './types.js';

/** Attributes as one writes them: the kind follows from the value, and from the name where a whole number may be a float. */
export type AttributeInput = number | readonly number[] | string | TensorData | Attribute;

/** Attributes that are floats in every operator that has them. */
const FLOAT_NAMES: ReadonlySet<string> = new Set([
  'alpha',
  'beta',
  'gamma',
  'epsilon',
  'momentum',
  'ratio',
  'lambd',
  'bias',
  'extrapolation_value',
  'cubic_coeff_a',
  'activation_params',
  'value_float',
  'value_floats',
  'low',
  'high',
  'mean',
  'scale',
]);

export function toAttribute(name: string, value: AttributeInput): Attribute {
  if (typeof value === 'string') return { kind: 'string', value };
  if (typeof value === 'number') return { kind: FLOAT_NAMES.has(name) ? 'float' : 'int', value };
  if (isList(value)) return { kind: FLOAT_NAMES.has(name) ? 'floats' : 'ints', value };
  if ('kind' in value) return value;
  return { kind: 'tensor', value };
}

function isList(value: AttributeInput): value is readonly number[] {
  return Array.isArray(value);
}

function wrongKind(node: Node, name: string, kind: string): Error {
  return new Error(`node ${node.name} (${node.op}): attribute ${name} is of kind ${kind}`);
}

export function intOf(node: Node, name: string, fallback: number): number {
  const a = node.attributes[name];
  if (a === undefined) return fallback;
  if (a.kind !== 'int') throw wrongKind(node, name, a.kind);
  return a.value;
}

export function intsOf(node: Node, name: string): readonly number[] | undefined {
  const a = node.attributes[name];
  if (a === undefined) return undefined;
  if (a.kind !== 'ints') throw wrongKind(node, name, a.kind);
  return a.value;
}

export function floatOf(node: Node, name: string, fallback: number): number {
  const a = node.attributes[name];
  if (a === undefined) return fallback;
  if (a.kind !== 'float') throw wrongKind(node, name, a.kind);
  return a.value;
}

export function stringOf(node: Node, name: string, fallback: string): string {
  const a = node.attributes[name];
  if (a === undefined) return fallback;
  if (a.kind !== 'string') throw wrongKind(node, name, a.kind);
  return a.value;
}
