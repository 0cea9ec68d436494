import { UserError } from '../core/errors.js';
import { type AttributeInput, toAttribute } from './attributes.js';
import { opKey } from './ops.js';
import { inferTypes, type ShapeContext, type TensorType } from './shapes/index.js';
import {
  type DType,
  float32,
  type Graph,
  int64,
  type Node,
  numbersOf,
  type TensorData,
  type Value,
  type ValueInfo,
} from './types.js';

export interface NodeOptions {
  readonly domain?: string;
  readonly name?: string;
}

/**
 * Writes a graph node by node, and knows the type of every value as soon as it is there: shapes are static.
 *
 * Names are unique: a name that is taken gets a number.
 */
export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly initializers = new Map<Value, TensorData>();
  readonly inputs: ValueInfo[] = [];
  readonly outputs: ValueInfo[] = [];
  readonly #types = new Map<Value, TensorType>();
  readonly #constants = new Map<string, Value>();
  readonly #taken = new Map<string, number>();

  constructor(readonly name: string) {}

  /** A value that is given at each run. */
  input(name: string, dtype: DType, dims: readonly number[]): Value {
    const value = this.unique(name);
    this.inputs.push({ name: value, dtype, dims });
    this.#types.set(value, { dtype, dims });
    return value;
  }

  /** A value whose type is told but that is computed or given elsewhere: the edge of a part of a graph. */
  declare(value: Value, type: TensorType): void {
    this.#types.set(value, type);
    this.#taken.set(value, 1);
  }

  /** A stored tensor. Small ones that are equal are shared. */
  constant(tensor: TensorData, name = 'c'): Value {
    const key =
      tensor.data.length <= 64
        ? `${tensor.dtype} ${tensor.dims} ${Array.from<unknown>(tensor.data).join()}`
        : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const value = this.unique(name);
    this.initializers.set(value, tensor);
    this.#types.set(value, { dtype: tensor.dtype, dims: tensor.dims });
    if (key !== undefined) this.#constants.set(key, value);
    return value;
  }

  /** A stored tensor under a given name. */
  declareInitializer(name: Value, tensor: TensorData): void {
    this.initializers.set(name, tensor);
    this.declare(name, { dtype: tensor.dtype, dims: tensor.dims });
  }

  /** A float32 scalar. */
  scalar(x: number): Value {
    return this.constant(float32([], [x]));
  }

  /** An int64 vector. */
  integers(...xs: readonly number[]): Value {
    return this.constant(int64([xs.length], xs));
  }

  /** Adds a node with one output. */
  op(
    op: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, AttributeInput>> = {},
    options: NodeOptions = {},
  ): Value {
    const [value] = this.ops(op, 1, inputs, attributes, options);
    if (value === undefined) throw new Error(`${op} has no output`);
    return value;
  }

  /** Adds a node with one output of the type that is told: for operators that the shape table does not have. */
  typedOp(
    op: string,
    inputs: readonly Value[],
    type: TensorType,
    attributes: Readonly<Record<string, AttributeInput>> = {},
    options: NodeOptions = {},
  ): Value {
    const node = this.#node(op, 1, inputs, attributes, options);
    this.appendTyped(node, [type]);
    return node.outputs[0] ?? '';
  }

  /** Adds a node with `outputs` outputs. */
  ops(
    op: string,
    outputs: number,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, AttributeInput>> = {},
    options: NodeOptions = {},
  ): Value[] {
    const node = this.#node(op, outputs, inputs, attributes, options);
    this.append(node);
    return [...node.outputs];
  }

  #node(
    op: string,
    outputs: number,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, AttributeInput>>,
    options: NodeOptions,
  ): Node {
    const name = this.unique(options.name ?? op);
    return {
      op,
      domain: options.domain ?? '',
      name,
      inputs,
      outputs: Array.from({ length: outputs }, (_, i) => this.unique(i === 0 ? `${name}:y` : `${name}:y${i}`)),
      attributes: Object.fromEntries(Object.entries(attributes).map(([k, v]) => [k, toAttribute(k, v)])),
    };
  }

  /** Adds a node as it is, under its own names. */
  append(node: Node): void {
    const context = this.contextOf(node);
    let types: readonly TensorType[];
    try {
      types = inferTypes(context);
    } catch (error) {
      if (error instanceof Error && !error.message.includes(node.name)) throw context.fail(error.message);
      throw error;
    }
    node.outputs.forEach((value, i) => {
      const type = types[i];
      if (value === '') return;
      if (type === undefined) throw context.fail(`it has no output ${i}`);
      this.#types.set(value, type);
      this.#taken.set(value, this.#taken.get(value) ?? 1);
    });
    this.nodes.push(node);
  }

  /**
   * Output i of a node of this graph. If the node leaves this optional output out, it is added to it; outputs before it
   * stay left out.
   */
  demand(node: Node, i: number): Value {
    const place = this.nodes.findLastIndex((n) => n.name === node.name);
    const current = this.nodes[place] ?? node;
    const known = current.outputs[i] ?? '';
    if (known !== '') return known;
    const outputs = [...current.outputs];
    while (outputs.length <= i) outputs.push('');
    const value = this.unique(`${node.name}:y${i}`);
    outputs[i] = value;
    const extended = { ...current, outputs };
    const context = this.contextOf(extended);
    const type = inferTypes(context)[i];
    if (place < 0 || type === undefined) throw context.fail(`it has no output ${i}`);
    this.nodes[place] = extended;
    this.#types.set(value, type);
    return value;
  }

  /** Adds a node as it is, with the types of its outputs told. */
  appendTyped(node: Node, types: readonly TensorType[]): void {
    node.outputs.forEach((value, i) => {
      const type = types[i];
      if (type !== undefined) this.declare(value, type);
    });
    this.nodes.push(node);
  }

  /** What shape and gradient rules see of a node. */
  contextOf(node: Node): ShapeContext {
    const fail = (message: string) => new UserError(`node ${node.name} (${opKey(node)}): ${message}`);
    const inputAt = (i: number): Value => {
      const value = node.inputs[i];
      if (value === undefined || value === '') throw fail(`input ${i} is missing`);
      return value;
    };
    const known = (i: number): TensorData => {
      const tensor = this.initializers.get(inputAt(i));
      if (tensor === undefined) throw fail(`input ${i} (${inputAt(i)}) must be a constant`);
      return tensor;
    };
    return {
      node,
      has: (i) => (node.inputs[i] ?? '') !== '',
      dims: (i) => this.dims(inputAt(i)),
      dtype: (i) => this.dtype(inputAt(i)),
      integers: (i) => numbersOf(known(i)),
      floats: (i) => numbersOf(known(i)),
      fail,
    };
  }

  /** Marks a value as an output of the graph, under its own name or another. */
  output(value: Value, name: string = value): Value {
    const type = this.type(value);
    let exposed = value;
    if (name !== value) {
      exposed = this.hasValue(name) ? this.unique(name) : name;
      this.append({
        op: 'Identity',
        domain: '',
        name: this.unique(`${exposed}:out`),
        inputs: [value],
        outputs: [exposed],
        attributes: {},
      });
    }
    this.outputs.push({ name: exposed, dtype: type.dtype, dims: type.dims });
    return exposed;
  }

  dims(value: Value): readonly number[] {
    return this.type(value).dims;
  }

  dtype(value: Value): DType {
    return this.type(value).dtype;
  }

  type(value: Value): TensorType {
    const type = this.#types.get(value);
    if (type === undefined) throw new Error(`the graph ${this.name} has no value "${value}"`);
    return type;
  }

  hasValue(value: Value): boolean {
    return this.#types.has(value);
  }

  /** Keeps a name from being given to a new node or value. */
  reserve(name: string): void {
    this.#taken.set(name, this.#taken.get(name) ?? 1);
  }

  unique(name: string): string {
    const count = this.#taken.get(name);
    if (count === undefined) {
      this.#taken.set(name, 1);
      return name;
    }
    this.#taken.set(name, count + 1);
    return this.unique(`${name}_${count}`);
  }

  /** The graph as it stands. */
  finish(): Graph {
    return {
      name: this.name,
      inputs: this.inputs,
      outputs: this.outputs,
      nodes: this.nodes,
      initializers: this.initializers,
      valueInfo: new Map(),
    };
  }
}
