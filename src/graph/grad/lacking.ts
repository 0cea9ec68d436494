import { UserError } from '../../core/errors.js';
import { GraphBuilder } from '../builder.js';
import { opKey } from '../ops.js';
import type { Node, Value } from '../types.js';
import { Algebra } from './algebra.js';
import { gradientRule } from './index.js';
import type { GradientContext } from './rule.js';

/**
 * The nodes through which no gradient can be sent back to `wrt`, each with the reason: all of them, found before any work
 * begins.
 *
 * @param output what is to be differentiated
 */
export function lackingGradients(b: GraphBuilder, output: Value, wrt: Iterable<Value>): string[] {
  const onPath = new Set(wrt);
  for (const node of b.nodes) if (node.inputs.some((x) => onPath.has(x))) for (const y of node.outputs) onPath.add(y);
  const read = new Set([output]);
  const lacking: string[] = [];
  for (const node of [...b.nodes].reverse()) {
    if (!node.outputs.some((y) => read.has(y))) continue;
    for (const x of node.inputs) read.add(x);
    if (!node.inputs.some((x) => onPath.has(x))) continue;
    const reason = reasonAgainst(b, node, onPath, read);
    if (reason !== undefined) lacking.push(reason);
  }
  return lacking.reverse();
}

/** Tries a node's rule in a graph of its own. */
function reasonAgainst(
  graph: GraphBuilder,
  node: Node,
  onPath: ReadonlySet<Value>,
  read: ReadonlySet<Value>,
): string | undefined {
  const key = opKey(node);
  const rule = gradientRule(key);
  if (rule === undefined) return `node ${node.name} (${key}): this operator is not known to onecycle`;
  const b = new GraphBuilder('trial');
  for (const x of node.inputs) {
    const tensor = graph.initializers.get(x);
    if (tensor !== undefined) b.declareInitializer(x, tensor);
    else if (x !== '') b.declare(x, graph.type(x));
  }
  const gradientOf = new Map<Value, Value>();
  try {
    b.append(node);
    for (const y of node.outputs) {
      if (read.has(y)) gradientOf.set(y, b.input(`d${y}`, graph.dtype(y), graph.dims(y)));
    }
    const context = b.contextOf(node);
    const valueAt = (i: number): Value => {
      const value = node.inputs[i] ?? '';
      if (value === '') throw context.fail(`input ${i} is missing`);
      return value;
    };
    const c: GradientContext = {
      ...context,
      b,
      m: new Algebra(b),
      x: valueAt,
      y: (i = 0) => b.demand(node, i),
      get dy() {
        const dy = gradientOf.get(node.outputs[0] ?? '');
        if (dy === undefined) throw context.fail('it has no gradient for an output other than the first');
        return dy;
      },
      dyOf: (i) => gradientOf.get(node.outputs[i] ?? ''),
      needs: (i) => onPath.has(node.inputs[i] ?? ''),
    };
    rule(c);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
