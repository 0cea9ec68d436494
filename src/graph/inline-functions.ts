import { UserError } from '../core/errors.js';
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto } from './proto/onnx_pb.js';

/** Functions that call others: exporters go a few levels deep. */
const DEEPEST = 32;
/** Bound on the nodes that calls become: a small file could otherwise ask for very many. */
const MOST_NODES = 2 ** 18;

/**
 * A model's graph in which calls of the model's own functions are the nodes of their bodies. PyTorch's newer exporter writes its
 * operators as functions where it is told not to optimise, and so did the exporter before it.
 *
 * @throws {UserError} if functions call one another without end
 */
export function withoutFunctions(model: ModelProto, graph: GraphProto): GraphProto {
  if (model.functions.length === 0) return graph;
  const functions = new Map(model.functions.map((f) => [keyOf(f.domain, f.name, f.overload), f]));
  return new Inliner(functions).graph(graph, 0);
}

const keyOf = (domain: string, name: string, overload: string): string => JSON.stringify([domain, name, overload]);

/** What a function's values and attributes are in the place where it is called. */
interface Call {
  readonly value: (name: string) => string;
  readonly attribute: (name: string) => AttributeProto | undefined;
}

class Inliner {
  #calls = 0;
  #nodes = 0;

  constructor(private readonly functions: ReadonlyMap<string, FunctionProto>) {}

  graph(graph: GraphProto, depth: number): GraphProto {
    return changed(graph, { node: graph.node.flatMap((node) => this.#node(node, depth)) });
  }

  #node(node: NodeProto, depth: number): NodeProto[] {
    if (++this.#nodes > MOST_NODES) throw new UserError(`its functions stand for more than ${MOST_NODES} nodes`);
    const called = this.functions.get(keyOf(node.domain, node.opType, node.overload));
    if (called !== undefined) {
      if (depth >= DEEPEST) throw new UserError(`functions call one another more than ${DEEPEST} deep`);
      return this.#body(called, node).flatMap((inner) => this.#node(inner, depth + 1));
    }
    if (node.attribute.every((a) => a.g === undefined)) return [node];
    return [changed(node, { attribute: node.attribute.map((a) => withGraph(a, (g) => this.graph(g, depth))) })];
  }

  /** A function's nodes with the values and attributes of a call; its inner values get names of their own. */
  #body(called: FunctionProto, node: NodeProto): NodeProto[] {
    const own = `${node.name || called.name}:${this.#calls++}`;
    const names = new Map<string, string>([['', '']]);
    called.output.forEach((y, i) => {
      const given = node.output[i] ?? '';
      names.set(y, given === '' ? `${own}/${y}` : given);
    });
    called.input.forEach((x, i) => {
      names.set(x, node.input[i] ?? '');
    });
    const call: Call = {
      value: (name) => names.get(name) ?? `${own}/${name}`,
      attribute: (name) => [...node.attribute, ...called.attributeProto].find((a) => a.name === name),
    };
    return called.node.map((inner, i) => renamed(inner, `${own}/${inner.name || i}`, call));
  }
}

function renamed(node: NodeProto, name: string, call: Call): NodeProto {
  const attribute = node.attribute.flatMap((a): AttributeProto[] => {
    if (a.refAttrName === '') return [withGraph(a, (g) => renamedGraph(g, call))];
    const given = call.attribute(a.refAttrName);
    return given === undefined ? [] : [changed(given, { name: a.name })];
  });
  return changed(node, { name, input: node.input.map(call.value), output: node.output.map(call.value), attribute });
}

function renamedGraph(graph: GraphProto, call: Call): GraphProto {
  const info = (v: GraphProto['input'][number]) => changed(v, { name: call.value(v.name) });
  return changed(graph, {
    input: graph.input.map(info),
    output: graph.output.map(info),
    initializer: graph.initializer.map((t) => changed(t, { name: call.value(t.name) })),
    valueInfo: [],
    node: graph.node.map((node) => renamed(node, call.value(node.name), call)),
  });
}

const withGraph = (a: AttributeProto, change: (graph: GraphProto) => GraphProto): AttributeProto =>
  a.g === undefined ? a : changed(a, { g: change(a.g) });

/** A message with other fields; the rest, with the defaults that a message has from its prototype, is looked up in the first. */
function changed<T extends object>(message: T, changes: Partial<T>): T {
  const copy: T = Object.create(message);
  return Object.assign(copy, changes);
}
