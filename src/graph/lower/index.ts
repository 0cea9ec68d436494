import { GraphBuilder } from '../builder.js';
import { OWN_DOMAIN, opKey } from '../ops.js';
import { optimise, prepare } from '../optimise/index.js';
import { withoutUnread } from '../prune.js';
import { onlyReader, type Readers, readersOf } from '../readers.js';
import type { ShapeContext } from '../shapes/index.js';
import { type Graph, type Node, numbersOf, type Value } from '../types.js';
import { BLOCKED, type FollowingActivation, type Lowered } from './blocked/index.js';
import * as conv from './conv-plain.js';
import { clipGrad, reluGrad } from './elementwise.js';
import { Layouts } from './layouts.js';
import * as normalise from './normalise-plain.js';
import { maxPoolGrad } from './pool-plain.js';
import type { LowerRule } from './rule.js';

/** How our own operators are written in ONNX's plain layout: the form that runs everywhere. */
const PLAIN: Readonly<Record<string, LowerRule>> = {
  'onecycle:ConvInputGrad': conv.convInputGrad,
  'onecycle:ConvWeightGrad': conv.convWeightGrad,
  'onecycle:BatchNormTrain': normalise.batchNormTrain,
  'onecycle:BatchNormGrad': normalise.batchNormGrad,
  'onecycle:ChannelMoments': normalise.channelMoments,
  'onecycle:ReluGrad': reluGrad,
  'onecycle:ClipGrad': clipGrad,
  'onecycle:MaxPoolGrad': maxPoolGrad,
};

/** What the runtime at hand offers. */
export interface Target {
  /** Channels in a block of ONNX Runtime's blocked layout; 0 where there is none. */
  readonly block: number;
  /** Passes of the optimiser to leave out, by name. Default: none. */
  readonly withoutPasses?: readonly string[];
  /** Inputs by the outputs that replace them after a run: the graph lets as many as it can be written in place. Default: none. */
  readonly replaces?: ReadonlyMap<Value, Value>;
}

/** Lowers to the plain layout, which every runtime and processor has. */
export function lowerPlain(graph: Graph): Graph {
  return lower(graph, { block: 0 });
}

/**
 * Replaces our own operators by ones that ONNX Runtime has, in the blocked layout where the target has it and the operator
 * allows it. Inputs, outputs and their names stay.
 */
export function lower(given: Graph, target: Target): Graph {
  const graph = prepare(given, target.withoutPasses);
  const b = new GraphBuilder(graph.name);
  for (const { name, dtype, dims } of graph.inputs) b.input(name, dtype, (dims ?? []).map(staticDim));
  for (const [name, tensor] of graph.initializers) b.declareInitializer(name, tensor);
  for (const node of graph.nodes) for (const name of [node.name, ...node.outputs]) b.reserve(name);
  const layouts = new Layouts(b, target.block);
  const readers = readersOf(graph);
  const done = new Set<Node>();

  for (const node of graph.nodes) {
    if (done.has(node)) continue;
    const shapes = shapesIn(b, node, layouts);
    const used = (i: number) => readers.has(node.outputs[i] ?? '');
    const rule = target.block > 0 ? BLOCKED[opKey(node)] : undefined;
    const following = rule === undefined ? undefined : activationAfter(graph, node, readers);
    const result = rule?.({
      ...shapes,
      b,
      block: target.block,
      plain: (i) => layouts.plain(node.inputs[i] ?? ''),
      blocked: (i) => layouts.blocked(node.inputs[i] ?? ''),
      canBlock: (i) => layouts.canBlock(node.inputs[i] ?? ''),
      isBlocked: (i) => layouts.isBlocked(node.inputs[i] ?? ''),
      used,
      onlyReader: (i) => onlyReader(readers, node.outputs[i] ?? ''),
      following,
    });
    if (result !== undefined) {
      const ends = result.took ?? node;
      if (ends !== node) done.add(ends);
      node.outputs.forEach((value, i) => {
        const lowered: Lowered | undefined = result.outputs[i];
        if (lowered === undefined) return;
        const name = i === 0 ? (ends.outputs[0] ?? value) : value;
        if ('blocked' in lowered) layouts.setBlocked(name, lowered.blocked, lowered.channels);
        else layouts.setPlain(name, lowered.plain);
      });
      continue;
    }
    const moved: Node = { ...node, inputs: node.inputs.map((x) => layouts.plain(x)) };
    if (node.domain !== OWN_DOMAIN) {
      b.append(moved);
      continue;
    }
    const plain = PLAIN[opKey(node)];
    if (plain === undefined) throw new Error(`node ${node.name}: ${opKey(node)} has no lowering`);
    const values = plain({ ...b.contextOf(moved), b, x: (i) => moved.inputs[i] ?? '', used });
    node.outputs.forEach((value, i) => {
      const is = values[i];
      if (is !== undefined) layouts.setPlain(value, is);
    });
  }
  for (const { name } of graph.outputs) b.output(layouts.plain(name), name);
  const typed = {
    graph: withoutUnread(b.finish()),
    type: (value: Value) => (b.hasValue(value) ? b.type(value) : undefined),
    replaces: target.replaces ?? new Map(),
  };
  return withoutUnread(optimise(typed, target.withoutPasses));
}

/** The Relu or Clip that alone reads a node's first output. */
function activationAfter(graph: Graph, node: Node, readers: Readers): FollowingActivation | undefined {
  const reader = onlyReader(readers, node.outputs[0] ?? '');
  if (reader?.domain !== '') return undefined;
  if (reader.op === 'Relu') return { node: reader, activation: 'Relu', params: [] };
  if (reader.op !== 'Clip') return undefined;
  const bound = (i: number, fallback: number): number | undefined => {
    const value = reader.inputs[i] ?? '';
    if (value === '') return fallback;
    const tensor = graph.initializers.get(value);
    return tensor === undefined ? undefined : numbersOf(tensor)[0];
  };
  const low = bound(1, -3.4028234663852886e38);
  const high = bound(2, 3.4028234663852886e38);
  return low === undefined || high === undefined
    ? undefined
    : { node: reader, activation: 'Clip', params: [low, high] };
}

/** What the shape rules see, whatever layout the inputs are in. */
function shapesIn(b: GraphBuilder, node: Node, layouts: Layouts): ShapeContext {
  const context = b.contextOf({ ...node, inputs: node.inputs.map((x) => layouts.any(x)) });
  return { ...context, dims: (i) => (context.has(i) ? layouts.dims(node.inputs[i] ?? '') : context.dims(i)) };
}

function staticDim(d: number | string): number {
  if (typeof d === 'string') throw new Error(`dimension ${d} is not known; lowering wants static shapes`);
  return d;
}
