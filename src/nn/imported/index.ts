import { UserError } from '../../core/errors.js';
import type { BatchFree } from '../../graph/free-batch.js';
import { lackingGradients } from '../../graph/grad/lacking.js';
import { withoutUnread } from '../../graph/prune.js';
import type { Graph, Model, Node, Value } from '../../graph/types.js';
import type { Architecture, ImportedNetwork } from '../architecture.js';
import type { Forward } from '../forward.js';
import { type Cut, cutAt, cutPoints, findCut } from './cut.js';
import { biasedConvolutions, withRestoredNorms } from './folded.js';
import { layerGroups } from './groups.js';
import { atFirstSize, bodyAtSize, isRefusal, listed, quoted, type SourceGraph, sourceOf } from './network.js';
import { innerNormalisation } from './normalisation.js';
import type { OnnxOptions } from './options.js';
import { findParameters, type Parameters } from './parameters.js';
import { metadataSource, type PreprocessingSource, preprocessingOf } from './preprocessing.js';
import { Replay } from './replay.js';
import { simplified } from './simplify.js';

export type { OnnxOptions } from './options.js';
export type { PreprocessingSource } from './preprocessing.js';

/** Where a model comes from. */
export interface ModelOrigin {
  /** Its path, or what else names it. */
  readonly file: string;
  /** SHA-256 of all its bytes, in hexadecimal digits. */
  readonly sha256: string;
  /** What lies beside it and tells how pictures are prepared, the most important first. */
  readonly sources: readonly PreprocessingSource[];
}

/**
 * Makes a backbone of an ONNX model that classifies pictures: without its classifier, with the weights of the file, for pictures
 * of any size and number that the graph allows.
 *
 * @throws {UserError} that names the file, and the nodes that stand against it
 */
export function architectureOf(model: Model, origin: ModelOrigin, options: OnnxOptions = {}): Architecture {
  try {
    return new Imported(model, origin, options).architecture();
  } catch (error) {
    if (!isRefusal(error) || error.message.startsWith(origin.file)) throw error;
    throw new UserError(`${origin.file} cannot be a backbone: ${error.message}`, { cause: error });
  }
}

/** A network between two values, at one size. */
interface Part {
  readonly net: BatchFree;
  readonly graph: Graph;
  readonly replay: Replay;
}

class Imported {
  readonly #source: SourceGraph;
  readonly #cut: Cut;
  readonly #body: Graph;
  readonly #fixed: ReadonlySet<string>;
  readonly #parameters: Parameters;
  readonly #affine: ReadonlySet<string>;
  readonly #biased: readonly Node[];
  readonly #height: number;
  readonly #width: number;
  readonly #whole: BatchFree;
  /** The body at each size that was asked for, or why there is none. */
  readonly #parts = new Map<string, Part | Error>();

  constructor(
    private readonly model: Model,
    private readonly origin: ModelOrigin,
    private readonly options: OnnxOptions,
  ) {
    this.#source = sourceOf(model, options.output);
    const { input, output, graph } = this.#source;
    const { net, height, width } = atFirstSize(this.#source, options.inputSize);
    [this.#whole, this.#height, this.#width] = [net, height, width];
    const named = new Set([input, ...graph.nodes.flatMap((node) => node.outputs)]);
    this.#cut = options.features === undefined ? findCut(net, output, named) : cutAt(net, output, options.features);
    this.#body = withoutUnread({
      ...graph,
      outputs: [{ name: this.#cut.features, dtype: 'float32', dims: undefined }],
    });
    const first = bodyAtSize(this.#source, this.#body, height, width);
    const plain = simplified(first.b.finish());
    this.#fixed = innerNormalisation(plain)?.nodes ?? new Set();
    const parameters = findParameters(plain, this.#fixed, first.computed, graph.initializers);
    this.#biased = biasedConvolutions(plain, parameters);
    const restored = options.restoreNorm === true ? this.#biased : [];
    this.#parameters = withRestoredNorms(restored, parameters);
    this.#affine = new Set(restored.map((node) => node.name));
  }

  architecture(): Architecture {
    const { height, width } = { height: this.#height, width: this.#width };
    const { graph, net } = this.#part(height, width);
    if (this.#parameters.specs.size === 0) throw new UserError('it has no weights before the value it is cut at');
    const lacking = lackingGradients(net.b, this.#cut.features, this.#parameters.specs.keys());
    if (lacking.length > 0) throw new UserError(`gradients cannot pass through it:\n  ${listed(lacking)}`);
    const file = this.origin.file.split(/[/\\]/).at(-1) ?? this.origin.file;
    const name = this.options.name ?? `${file}@${this.origin.sha256.slice(0, 8)}`;
    const only = this.#onlySize();
    const { preprocessing, notices } = preprocessingOf(
      this.options,
      innerNormalisation(graph),
      [metadataSource(this.model.metadata), ...this.origin.sources],
      height,
      file,
    );
    const classifier = this.#classifierTensors();
    const imported: ImportedNetwork = {
      ...{ file: this.origin.file, sha256: this.origin.sha256, preprocessing },
      tensors: new Map([...classifier, ...this.#parameters.tensors]),
      ...(only === undefined ? {} : { onlySize: only }),
      ...{ producer: this.model.producer, opset: this.#source.opset },
      ...{ features: this.#cut.features, form: this.#cut.form },
      ...{ classifier: this.#cut.classifier, classes: this.#cut.classes, classifierNames: [...classifier.keys()] },
      ...{ norms: this.#parameters.norms.size, biasedConvolutions: this.#biased.length },
      notices: [
        ...notices,
        ...this.#outputNotices(file),
        ...(only ? [`${file} takes pictures of ${only.height} × ${only.width} px only`] : []),
      ],
    };
    return {
      name,
      body: (f, x) => this.#writeBody(f, x),
      classifier: (f, features, classes) => this.#writeClassifier(f, features, classes),
      groups: this.#groups(graph, net),
      tracedSize: only?.height ?? this.#traced(),
      checkSize: (h, w) => {
        this.#part(h, w);
      },
      imported,
    };
  }

  /** What users should know of a file that is not plainly a classifier. */
  #outputNotices(file: string): string[] {
    const { features, logits, classes } = this.#cut;
    const outputs = this.model.graph.outputs.map(({ name }) => name);
    const notices: string[] = [];
    if (outputs.length > 1 && this.options.output === undefined && !outputs.includes('logits')) {
      notices.push(
        `${file} has several outputs, ${quoted(outputs)}: the first is taken; the option output names another`,
      );
    }
    if (classes === undefined) {
      const shape = ['N', ...this.#whole.b.dims(logits).slice(1)].join(', ');
      notices.push(
        `${file} gives no scores of classes, its output has the shape [${shape}]: it is cut at "${features}", which a new head reads; the option features names another value`,
      );
    }
    return notices;
  }

  #part(height: number, width: number): Part {
    const key = `${height} ${width}`;
    let part = this.#parts.get(key);
    if (part === undefined) {
      try {
        const net = bodyAtSize(this.#source, this.#body, height, width);
        const graph = simplified(net.b.finish());
        part = { net, graph, replay: new Replay(graph, this.#parameters, this.#affine) };
        this.#assertSameParameters(graph);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        part = new UserError(
          `${this.origin.file} does not take pictures of ${height} × ${width} px: ${error.message}; it was looked at with ${this.#height} × ${this.#width} px. Train with that size, or export the model with dynamic height and width`,
        );
      }
      this.#parts.set(key, part);
    }
    if (part instanceof Error) throw part;
    return part;
  }

  /** A parameter that is computed from the size of the pictures would be another one at each size. */
  #assertSameParameters(graph: Graph): void {
    for (const [value, spec] of this.#parameters.specs) {
      const tensor = graph.initializers.get(value);
      if (tensor !== undefined && tensor.dims.join() !== spec.dims.join()) {
        throw new UserError(`its constant ${value} has the shape [${tensor.dims}], not [${spec.dims}]`);
      }
    }
  }

  #writeBody(f: Forward, x: Value): Value {
    const [, , height = 1, width = 1] = f.b.dims(x);
    const { replay } = this.#part(height, width);
    const input = this.#source.channelsLast ? f.transpose(x, [0, 2, 3, 1]) : x;
    const [features = ''] = replay.write(f, new Map([[this.#source.input, input]]), [this.#cut.features]);
    return this.#asHeadsReadIt(f, features);
  }

  /** [N, C, h, w], or [N, C]. */
  #asHeadsReadIt(f: Forward, features: Value): Value {
    const dims = f.b.dims(features).slice(1);
    switch (this.#cut.form) {
      case 'planes':
        return features;
      case 'channels-last':
        return f.transpose(features, [0, 3, 1, 2]);
      case 'vector':
        return dims.length === 1 ? features : f.reshape(features, [dims.reduce((n, d) => n * d, 1)]);
      case 'tokens': {
        const [count = 1, channels = 1] = dims;
        return f.reshape(f.transpose(features, [0, 2, 1]), [channels, count, 1]);
      }
    }
  }

  /** The file's own classifier, which has its classes only, at the size of the file. */
  #writeClassifier(f: Forward, features: Value, classes: number): Value {
    if (classes !== this.#cut.classes) {
      throw new UserError(
        `${this.origin.file} has a classifier of ${this.#cut.classes ?? 'no'} classes, not of ${classes}`,
      );
    }
    const { form, logits } = this.#cut;
    const dims = this.#whole.b.dims(this.#cut.features).slice(1);
    const { replay } = this.#tail();
    const own =
      form === 'channels-last'
        ? f.transpose(features, [0, 2, 3, 1])
        : form === 'tokens'
          ? f.transpose(f.reshape(features, [dims[1] ?? 1, dims[0] ?? 1]), [0, 2, 1])
          : form === 'vector'
            ? f.reshape(features, dims)
            : features;
    const [scores = ''] = replay.write(f, new Map([[this.#cut.features, own]]), [logits]);
    return f.b.dims(scores).length === 2 ? scores : f.reshape(scores, [classes]);
  }

  #tail(): { replay: Replay; parameters: Parameters } {
    const whole = this.#whole.b.finish();
    const info = { name: this.#cut.features, dtype: 'float32', dims: this.#whole.b.dims(this.#cut.features) } as const;
    const made = whole.nodes.findIndex((node) => node.outputs.includes(info.name));
    const outputs = [{ name: this.#cut.logits, dtype: 'float32', dims: undefined } as const];
    const graph = simplified({ ...whole, inputs: [info], nodes: whole.nodes.slice(made + 1), outputs });
    const { initializers } = this.#source.graph;
    const parameters = findParameters(graph, new Set(), this.#whole.computed, initializers, this.#parameters.tensors);
    return { replay: new Replay(graph, parameters, new Set()), parameters };
  }

  #classifierTensors(): Parameters['tensors'] {
    if (this.#cut.classes === undefined) return new Map();
    return new Map([...this.#tail().parameters.tensors].filter(([name]) => !this.#parameters.tensors.has(name)));
  }

  /** The only size that passes, where no other one does. */
  #onlySize(): { height: number; width: number } | undefined {
    const sides = [1, 2, -1].map((steps) => [this.#height + 32 * steps, this.#width + 32 * steps] as const);
    const passes = sides.some(([h, w]) => h >= 32 && w >= 32 && this.#takes(h, w));
    return passes ? undefined : { height: this.#height, width: this.#width };
  }

  #takes(height: number, width: number): boolean {
    try {
      this.#part(height, width);
      return true;
    } catch (error) {
      if (error instanceof UserError) return false;
      throw error;
    }
  }

  /** A small size for tracing. */
  #traced(): number {
    return [64, 128, this.#height].find((side) => this.#takes(side, side)) ?? this.#height;
  }

  #groups(graph: Graph, net: BatchFree): readonly (readonly string[])[] {
    const { groups = 2 } = this.options;
    if (typeof groups !== 'number') return groups;
    if (!Number.isInteger(groups) || groups < 1 || groups > 8) {
      throw new UserError(`groups: ${groups} is not a number of layer groups from 1 to 8`);
    }
    const points = new Set(cutPoints(net, graph));
    const found = layerGroups(net.b, graph.nodes, this.#parameters, this.#height, groups, points);
    // A restored norm's scale has no value in the graph: it goes with its shift.
    const scaleOf = (name: string) => name.replace(/\.bias$/, '.weight');
    const known = new Set([...this.#parameters.specs.values()].map(({ name }) => name));
    const scales = (name: string) =>
      !known.has(scaleOf(name)) && this.#parameters.tensors.has(scaleOf(name)) ? [scaleOf(name)] : [];
    return found.map((names) => names.flatMap((name) => [name, ...scales(name)]));
  }
}
