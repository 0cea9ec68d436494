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

/** Layers that are looked at first, from the last on; twice as many as long as none of them counts. */
const LAYERS = 4;
const SELECTED = 'selected';

/** Derivatives of a network's outputs with regard to what its last layer that lies over the picture gives. */
export class FeatureGradients {
  #program: Promise<Program> | undefined;
  #most = LAYERS;

  /**
   * @param build writes the network for one picture; called when it is first needed, and after `forget`
   */
  constructor(
    private readonly device: Device,
    private readonly build: () => Promise<OnePicture>,
  ) {}

  /**
   * The last layer whose places in the picture the output depends on. Behind it a transformer has others, of which only the class token is
   * read. Where the output depends on none, it is the last one.
   *
   * @param feeds the picture, under the name of the graph's input
   * @param output the place of the class, or the regression's output, whose derivative is wanted
   */
  async of(feeds: Readonly<Record<string, TensorData>>, output: number, outputs: number): Promise<LayerGradients> {
    for (;;) {
      this.#program ??= this.#load();
      const program = await this.#program;
      const layers = await this.#run(program, feeds, output, outputs);
      const found = layers.find(counts) ?? (layers.length < this.#most ? layers[0] : undefined);
      if (found !== undefined) return found;
      await this.forget();
      this.#most *= 2;
    }
  }

  async #run(
    { id, layers }: Program,
    feeds: Readonly<Record<string, TensorData>>,
    output: number,
    outputs: number,
  ): Promise<LayerGradients[]> {
    const selected = new Float32Array(outputs);
    selected[output] = 1;
    const found = await this.device.run(id, {
      feeds: { ...feeds, [SELECTED]: float32([1, outputs], selected) },
      resident: {},
      keep: {},
      fetch: layers.flatMap((_, i) => [`values/${i}`, `gradients/${i}`]),
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
    const { graph, layers } = withGradients(await this.build(), this.#most);
    return { id: await this.device.load(writeModel(modelOf(lowerPlain(graph)))), layers };
  }
}

/** Where a channel's value at a place of the picture is, in a layer's values and gradients. */
export function placeIn({ form, height, width, channels, before }: Grid): (channel: number, place: number) => number {
  if (form === 'planes') return (channel, place) => channel * height * width + place;
  return (channel, place) => (before + place) * channels + channel;
}

/** Whether the output depends on anything at the layer's places in the picture. */
function counts({ grid, gradients }: LayerGradients): boolean {
  const at = placeIn(grid);
  for (let place = 0; place < grid.height * grid.width; place++) {
    for (let channel = 0; channel < grid.channels; channel++) if (gradients[at(channel, place)] !== 0) return true;
  }
  return false;
}

/** The graph that gives the last layers' values and gradients, and takes which output is meant. */
function withGradients({ b, outputs }: OnePicture, most: number): { graph: Graph; layers: readonly Layer[] } {
  const whole = { ...b.finish(), outputs: [{ name: outputs, dtype: 'float32' as const, dims: b.dims(outputs) }] };
  const layers = lastLayers(whole, b, most);
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
function lastLayers(graph: Graph, b: GraphBuilder, most: number): Layer[] {
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
    .slice(0, most);
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
