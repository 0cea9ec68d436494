import { GraphBuilder } from '../graph/builder.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, type Graph, type TensorData } from '../graph/types.js';
import type { Device, ProgramId } from '../runtime/device.js';
import { type NormGroup, type Segment, stored } from './layout.js';

/** A stored tensor and its length. */
export interface StoredTensor {
  readonly name: string;
  readonly size: number;
}

/** The stored tensors of parameters and running statistics. */
export function storedTensors(segments: readonly Segment[], normGroups: readonly NormGroup[]): StoredTensor[] {
  return [
    ...segments.map((s) => ({ name: stored.parameters(s), size: s.size })),
    ...normGroups.flatMap((g) => [stored.mean(g), stored.variance(g)].map((name) => ({ name, size: g.size }))),
  ];
}

/**
 * Copies of all parameters and statistics beside those that are trained, by name: averages over the steps, kept on the
 * device.
 */
export class Shadows {
  readonly #present = new Set<string>();
  readonly #programs = new Map<string, ProgramId>();

  /** @param all every tensor of parameters and statistics */
  constructor(
    private readonly device: Device,
    private readonly all: readonly StoredTensor[],
  ) {}

  has(shadow: string): boolean {
    return this.#present.has(shadow);
  }

  /**
   * Moves a shadow by `share` towards the values as they are now; a new one copies them.
   *
   * @param changing the tensors that may have changed since: others are left as they are
   */
  async blend(shadow: string, share: number, changing: readonly StoredTensor[]): Promise<void> {
    const fresh = !this.#present.has(shadow);
    const tensors = fresh ? this.all : changing;
    if (fresh) {
      const zeros = this.all.map(({ name, size }) => [shadowed(shadow, name), zeroTensor(size)] as const);
      await this.device.write(Object.fromEntries(zeros));
      this.#present.add(shadow);
    }
    await this.device.run(await this.#program('blend', tensors, blendGraph), {
      feeds: { share: float32([], [fresh ? 1 : share]) },
      resident: { ...ownNames(tensors), ...shadowNames(shadow, tensors) },
      keep: Object.fromEntries(tensors.map(({ name }) => [`new/${name}`, shadowed(shadow, name)])),
      fetch: [],
    });
  }

  /** Exchanges a shadow and the values. */
  async swap(shadow: string): Promise<void> {
    if (!this.#present.has(shadow)) throw new Error(`there is no shadow ${shadow}`);
    await this.device.run(await this.#program('swap', this.all, swapGraph), {
      feeds: {},
      resident: { ...ownNames(this.all), ...shadowNames(shadow, this.all) },
      keep: Object.fromEntries(
        this.all.flatMap(({ name }) => [
          [`was/${name}`, shadowed(shadow, name)],
          [`new/${name}`, name],
        ]),
      ),
      fetch: [],
    });
  }

  /** A shadow's tensors under the names of those that they stand for. */
  async read(shadow: string): Promise<Record<string, TensorData>> {
    const tensors = await this.device.read(this.all.map(({ name }) => shadowed(shadow, name)));
    return Object.fromEntries(
      this.all.flatMap(({ name }) => {
        const tensor = tensors[shadowed(shadow, name)];
        return tensor === undefined ? [] : [[name, tensor] as const];
      }),
    );
  }

  /** Lets the next `blend` begin with a copy. */
  forget(shadow: string): void {
    this.#present.delete(shadow);
  }

  /** Names of the stored tensors of all shadows, for a snapshot. */
  storedNames(): string[] {
    return [...this.#present].flatMap((shadow) => this.all.map(({ name }) => shadowed(shadow, name)));
  }

  /** Takes up the shadows of a snapshot, and forgets others; gives the tensors to write. */
  taken(tensors: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    this.#present.clear();
    const found = Object.entries(tensors).filter(([name]) => name.startsWith(PREFIX));
    for (const [name] of found) this.#present.add(name.slice(PREFIX.length).split('/')[0] ?? '');
    return Object.fromEntries(found);
  }

  async #program(
    kind: string,
    tensors: readonly StoredTensor[],
    build: (tensors: readonly StoredTensor[]) => Graph,
  ): Promise<ProgramId> {
    const key = `${kind} ${tensors.map((t) => t.name).join(' ')}`;
    const id = this.#programs.get(key) ?? (await this.device.load(writeModel(modelOf(build(tensors)))));
    this.#programs.set(key, id);
    return id;
  }
}

const PREFIX = 'shadow/';

function shadowed(shadow: string, name: string): string {
  return `${PREFIX}${shadow}/${name}`;
}

function ownNames(tensors: readonly StoredTensor[]): Record<string, string> {
  return Object.fromEntries(tensors.map(({ name }) => [`now/${name}`, name]));
}

function shadowNames(shadow: string, tensors: readonly StoredTensor[]): Record<string, string> {
  return Object.fromEntries(tensors.map(({ name }) => [`shadow/${name}`, shadowed(shadow, name)]));
}

function zeroTensor(size: number): TensorData {
  return float32([size], new Float32Array(size));
}

/** shadow ← shadow + share·(now − shadow) */
function blendGraph(tensors: readonly StoredTensor[]): Graph {
  const b = new GraphBuilder('blend');
  const share = b.input('share', 'float32', []);
  for (const { name, size } of tensors) {
    const now = b.input(`now/${name}`, 'float32', [size]);
    const shadow = b.input(`shadow/${name}`, 'float32', [size]);
    b.output(b.op('Add', [shadow, b.op('Mul', [b.op('Sub', [now, shadow]), share])]), `new/${name}`);
  }
  return b.finish();
}

function swapGraph(tensors: readonly StoredTensor[]): Graph {
  const b = new GraphBuilder('swap');
  for (const { name, size } of tensors) {
    const now = b.input(`now/${name}`, 'float32', [size]);
    const shadow = b.input(`shadow/${name}`, 'float32', [size]);
    b.output(b.op('Identity', [now]), `was/${name}`);
    b.output(b.op('Identity', [shadow]), `new/${name}`);
  }
  return b.finish();
}
