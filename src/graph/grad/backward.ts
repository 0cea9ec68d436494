import { UserError } from '../../core/errors.js';
import type { GraphBuilder } from '../builder.js';
import { opKey } from '../ops.js';
import { float32, isFloat, type Node, sizeOf, type Value } from '../types.js';
import { Algebra } from './algebra.js';
import { gradientRule } from './index.js';
import type { GradientContext } from './rule.js';

/**
 * Reverse-mode differentiation: appends to the graph the gradient of `loss` with regard to each value of `wrt`.
 *
 * Only nodes on a path from a `wrt` value to the loss are differentiated. A `wrt` value the loss does not depend on gets
 * zeros.
 *
 * @param loss a value with one element
 * @throws {UserError} naming node and operator where a gradient is needed and the operator has none
 */
export function gradients(b: GraphBuilder, loss: Value, wrt: readonly Value[]): Map<Value, Value> {
  if (sizeOf(b.dims(loss)) !== 1)
    throw new Error(`the loss ${loss} has shape [${b.dims(loss)}]; it must have one element`);
  const forward = [...b.nodes];
  const onPath = dependents(forward, wrt);
  const parts = new Map<Value, Value[]>();
  parts.set(loss, [b.constant(float32(b.dims(loss), [1]))]);

  /** The whole gradient of a value: the sum of what its readers sent back. */
  const total = (value: Value): Value | undefined => {
    const found = parts.get(value);
    if (found === undefined) return undefined;
    const [first, ...rest] = found;
    if (first === undefined) return undefined;
    if (rest.length === 0) return first;
    const sum = found.length === 2 ? b.op('Add', found) : b.op('Sum', found);
    parts.set(value, [sum]);
    return sum;
  };

  for (const node of forward.reverse()) {
    if (!node.inputs.some((x) => onPath.has(x))) continue;
    if (!node.outputs.some((y) => parts.has(y))) continue;
    const results = differentiate(b, node, total, onPath);
    node.inputs.forEach((x, i) => {
      const dx = results[i];
      if (dx === undefined || !onPath.has(x)) return;
      const known = parts.get(x);
      if (known === undefined) parts.set(x, [dx]);
      else known.push(dx);
    });
  }

  return new Map(
    wrt.map((value) => [
      value,
      total(value) ?? b.constant(float32(b.dims(value), new Float32Array(sizeOf(b.dims(value))))),
    ]),
  );
}

/** The values that depend on any of `roots`, with the roots themselves. */
function dependents(nodes: readonly Node[], roots: readonly Value[]): ReadonlySet<Value> {
  const reached = new Set(roots);
  for (const node of nodes) {
    if (node.inputs.some((x) => reached.has(x))) for (const y of node.outputs) reached.add(y);
  }
  return reached;
}

function differentiate(
  b: GraphBuilder,
  node: Node,
  total: (value: Value) => Value | undefined,
  onPath: ReadonlySet<Value>,
): readonly (Value | undefined)[] {
  const key = opKey(node);
  const rule = gradientRule(key);
  if (rule === undefined)
    throw new UserError(`node ${node.name} (${key}) has no gradient: this operator is not known to onecycle`);
  const context = b.contextOf(node);
  const other = node.inputs.find((x) => onPath.has(x) && isFloat(b.dtype(x)) && b.dtype(x) !== 'float32');
  if (other !== undefined && key !== 'Cast') {
    throw new UserError(`node ${node.name} (${key}) has no gradient in ${b.dtype(other)}, only in float32`);
  }
  const c: GradientContext = {
    ...context,
    b,
    x: (i) => {
      const value = node.inputs[i];
      if (value === undefined || value === '') throw context.fail(`input ${i} is missing`);
      return value;
    },
    m: new Algebra(b),
    y: (i = 0) => b.demand(node, i),
    get dy() {
      const first = node.outputs[0];
      const dy = first === undefined ? undefined : total(first);
      if (dy === undefined) throw context.fail('it has no gradient for an output other than the first');
      return dy;
    },
    dyOf: (i) => {
      const value = node.outputs[i];
      return value === undefined ? undefined : total(value);
    },
    needs: (i) => {
      const value = node.inputs[i];
      return value !== undefined && onPath.has(value);
    },
  };
  return rule(c);
}
