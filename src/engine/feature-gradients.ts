import { UserError } from '../core/errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import { cutPoints } from '../graph/cut-points.js';
import { gradients } from '../graph/grad/backward.js';
import { lowerPlain } from '../graph/lower/index.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { withoutUnread } from '../graph/prune.js';
import { float32, type Graph, type TensorData, type Value } from '../graph/types.js';
import type { Device, ProgramId } from '../runtime/device.js';

/** How a layer's values lie over the picture. */
export interface Grid {
  /** [1, C, h, w], [1, h, w, C], or [1, T, C]: tokens row by row, behind those that are not of the picture. */
  readonly form: 'planes' | 'channels-last' | 'tokens';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Tokens before the picture's own: class token, registers. */
  readonly before: number;
}

/** A layer's values for one picture, and the derivative of one output with regard to each of them. */
export interface LayerGradients {
  /** The name of the node that gives them. */
  readonly layer: string;
  readonly grid: Grid;
  readonly values: Float32Array;
  readonly gradients: Float32Array;
}

interface Layer {
  readonly layer: string;
  readonly value: Value;
  readonly grid: Grid;
}

interface Program {
  readonly id: ProgramId;
  readonly layers: readonly Layer[];
}

/** What a network's graph is for one picture: its input, and its logits [1, classes] or values. */
export interface OnePicture {
  readonly b: GraphBuilder;
  readonly outputs: Value;
}

/**
 * Layers that are looked at, from the last on: behind the last one whose tokens count, a transformer with a class token has a norm, two sums
 * and another norm.
 */
const LAYERS = 6;
const SELECTED = 'selected';

/** Derivatives of a network's outputs with regard to what its last layers give. */
export class FeatureGradients {
  #program: Promise<Program> | undefined;

  /**
   * @param build writes the network for one picture; called when it is first needed, and after `forget`
   */
  constructor(
    private readonly device: Device,
    private readonly build: () => Promise<OnePicture>,
  ) {}

  /**
   * The last layers of a picture that lie over it, the last one first.
   *
   * @param feeds the picture, under the name of the graph's input
   * @param output the place of the class, or the regression's output, whose derivative is wanted
   */
  async of(feeds: Readonly<Record<string, TensorData>>, output: number, outputs: number): Promise<LayerGradients[]> {
    this.#program ??= this.#load();
    const { id, layers } = await this.#program;
    const selected = new Float32Array(outputs);
    selected[output] = 1;
    const names = layers.flatMap((_, i) => [`values/${i}`, `gradients/${i}`]);
    const found = await this.device.run(id, {
      feeds: { ...feeds, [SELECTED]: float32([1, outputs], selected) },
      resident: {},
      keep: {},
      fetch: names,
    });
    const tensor = (name: string): Float32Array => {
      const { data } = found[name] ?? {};
      if (!(data instanceof Float32Array)) throw new Error(`the program gave no ${name}`);
      return data;
    };
    return layers.map(({ layer, grid }, i) => ({
      ...{ layer, grid },
      values: tensor(`values/${i}`),
      gradients: tensor(`gradients/${i}`),
    }));
  }

  /** To be called when parameters are others. */
  async forget(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    if (program !== undefined) await this.device.unload((await program).id);
  }

  async #load(): Promise<Program> {
    const { graph, layers } = withGradients(await this.build());
    return { id: await this.device.load(writeModel(modelOf(lowerPlain(graph)))), layers };
  }
}

/** The graph that gives the last layers' values and gradients, and takes which output is meant. */
function withGradients({ b, outputs }: OnePicture): { graph: Graph; layers: readonly Layer[] } {
  const layers = lastLayers(
    { ...b.finish(), outputs: [{ name: outputs, dtype: 'float32', dims: b.dims(outputs) }] },
    b,
  );
  if (layers.length === 0) {
    throw new UserError('no layer of the network lies over the picture: there is nothing to draw a heat map of');
  }
  const selected = b.input(SELECTED, 'float32', b.dims(outputs));
  const score = b.op('ReduceSum', [b.op('Mul', [outputs, selected])], { keepdims: 0 });
  const grads = gradients(
    b,
    score,
    layers.map(({ value }) => value),
  );
  layers.forEach(({ value }, i) => {
    b.output(value, `values/${i}`);
    b.output(grads.get(value) ?? '', `gradients/${i}`);
  });
  return { graph: withoutUnread(b.finish()), layers };
}

/** The last layers that lie over the picture, the last one first. */
function lastLayers(graph: Graph, b: GraphBuilder): Layer[] {
  const points = new Set(cutPoints(graph));
  return graph.nodes
    .flatMap((node): Layer[] => {
      const [value = ''] = node.outputs;
      // In a transformer's block the norm is read before the sum that everything passes through.
      if (!points.has(value) && node.op !== 'LayerNormalization') return [];
      const grid = gridOf(b.dims(value), node.op);
      return grid === undefined ? [] : [{ layer: node.name, value, grid }];
    })
    .reverse()
    .slice(0, LAYERS);
}

/** Tokens that may stand before the picture's: a class token, one for distillation, and four registers. */
const MOST_BEFORE = 6;

/** How values of this shape lie over a square picture; undefined if they do not. */
function gridOf(dims: readonly number[], op: string): Grid | undefined {
  const [, first = 0, second = 0, third = 0] = dims;
  if (dims.length === 4) {
    if (second === third) return planes('planes', second, first);
    return first === second ? planes('channels-last', first, third) : undefined;
  }
  // A reshaped map has its channels first, which its shape does not tell.
  if (dims.length !== 3 || op === 'Reshape' || op === 'Flatten') return undefined;
  const side = Math.floor(Math.sqrt(first));
  const before = first - side * side;
  return side > 1 && before <= MOST_BEFORE
    ? { form: 'tokens', height: side, width: side, channels: second, before }
    : undefined;
}

function planes(form: 'planes' | 'channels-last', side: number, channels: number): Grid | undefined {
  return side > 1 ? { form, height: side, width: side, channels, before: 0 } : undefined;
}
