import { GraphBuilder } from '../builder.js';
import { OWN_DOMAIN, opKey } from '../ops.js';
import { withoutUnread } from '../prune.js';
import type { Graph, Node, Value } from '../types.js';
import * as conv from './conv-plain.js';
import { clipGrad, reluGrad } from './elementwise.js';
import * as normalise from './normalise-plain.js';
import type { LowerContext, LowerRule } from './rule.js';

/** How our own operators are written in ONNX's plain layout: the form that runs everywhere. */
const PLAIN: Readonly<Record<string, LowerRule>> = {
  'onecycle:ConvInputGrad': conv.convInputGrad,
  'onecycle:ConvWeightGrad': conv.convWeightGrad,
  'onecycle:BatchNormTrain': normalise.batchNormTrain,
  'onecycle:BatchNormGrad': normalise.batchNormGrad,
  'onecycle:ReluGrad': reluGrad,
  'onecycle:ClipGrad': clipGrad,
};

/** Replaces our own operators by ONNX's. Inputs, outputs and the names of outer values stay. */
export function lowerPlain(graph: Graph): Graph {
  const b = new GraphBuilder(graph.name);
  for (const { name, dtype, dims } of graph.inputs) b.input(name, dtype, (dims ?? []).map(staticDim));
  for (const [name, tensor] of graph.initializers) b.declareInitializer(name, tensor);
  for (const node of graph.nodes) for (const name of [node.name, ...node.outputs]) b.reserve(name);
  const read = new Set<Value>([...graph.nodes.flatMap((n) => n.inputs), ...graph.outputs.map((o) => o.name)]);
  const renamed = new Map<Value, Value>();
  const current = (value: Value): Value => renamed.get(value) ?? value;
  for (const node of graph.nodes) {
    const moved: Node = { ...node, inputs: node.inputs.map(current) };
    if (node.domain !== OWN_DOMAIN) {
      b.append(moved);
      continue;
    }
    const rule = PLAIN[opKey(node)];
    if (rule === undefined) throw new Error(`node ${node.name}: ${opKey(node)} has no lowering`);
    const c: LowerContext = {
      ...b.contextOf(moved),
      b,
      x: (i) => {
        const value = moved.inputs[i];
        if (value === undefined || value === '')
          throw new Error(`node ${node.name} (${node.op}): input ${i} is missing`);
        return value;
      },
      used: (i) => read.has(node.outputs[i] ?? ''),
    };
    const results = rule(c);
    node.outputs.forEach((value, i) => {
      const result = results[i];
      if (result !== undefined) renamed.set(value, result);
    });
  }
  for (const { name } of graph.outputs) b.output(current(name), name);
  return b.finish();
}

function staticDim(d: number | string): number {
  if (typeof d === 'string') throw new Error(`dimension ${d} is not known; lowering wants static shapes`);
  return d;
}

/** What the runtime at hand offers. */
export interface Target {
  /** Channels in a block of ONNX Runtime's blocked layout; 0 where there is none. */
  readonly block: number;
}

export function lower(graph: Graph, _target: Target): Graph {
  return withoutUnread(lowerPlain(graph));
}
