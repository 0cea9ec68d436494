import { writableInPlace } from '../graph/in-place.js';
import { lower } from '../graph/lower/index.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import type { TensorData } from '../graph/types.js';
import type { Device, ProgramId } from '../runtime/device.js';
import type { GradientOptions } from './gradient-transforms.js';
import type { Layout } from './layout.js';
import type { Network } from './network.js';
import type { StepInput } from './step-feeds.js';
import { buildTrainStep, type Step, type TrainStepOptions } from './train-step.js';
import { buildApplyStep } from './update.js';

/** What all steps share until layer groups are frozen otherwise. */
export type StepKind = Omit<TrainStepOptions, 'batch' | 'size' | 'input' | 'statisticsOnly' | keyof GradientOptions>;

/** A step on the device. */
export interface StepProgram {
  readonly step: Step;
  /** Runs it with those of the feeds that it reads; gives its loss. */
  run(feeds: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
}

/** Training steps, compiled when they are first wanted. */
export class StepPrograms {
  readonly #programs = new Map<string, { readonly id: ProgramId; readonly program: StepProgram }>();
  #block: number | undefined;
  /** Side of the pictures of the steps that are compiled. */
  #size: number | undefined;

  /** @param kind as layer groups are frozen now: after a change, `unload` */
  constructor(
    private readonly device: Device,
    private readonly network: Network,
    private readonly layout: Layout,
    private readonly kind: () => StepKind,
    private readonly withoutPasses: readonly string[],
  ) {}

  /** A step for n pictures, or rows of features. */
  async train(
    input: StepInput,
    n: number,
    what: GradientOptions & { readonly statisticsOnly?: boolean },
  ): Promise<StepProgram> {
    const [from, size] = 'features' in input ? (['features', 0] as const) : (['pictures', input.size] as const);
    const key = `train ${from} ${n} ${size} ${JSON.stringify(what)}`;
    const found = this.#programs.get(key);
    if (found !== undefined) return found.program;
    if (from === 'pictures') {
      // A program keeps the memory that it ran in: pictures do not go back to an earlier size.
      if (this.#size !== undefined && size !== this.#size) await this.unload();
      this.#size = size;
    }
    return this.#load(
      key,
      buildTrainStep(this.network, this.layout, { ...this.kind(), ...what, batch: n, size, input: from }),
    );
  }

  /** The step of gradients that have been added up. */
  async apply(what: Pick<GradientOptions, 'clip'>): Promise<StepProgram> {
    const key = `apply ${JSON.stringify(what)}`;
    const found = this.#programs.get(key);
    return found?.program ?? this.#load(key, buildApplyStep(this.layout, { ...this.kind(), ...what }));
  }

  async unload(): Promise<void> {
    for (const { id } of this.#programs.values()) await this.device.unload(id);
    this.#programs.clear();
  }

  async #load(key: string, step: Step): Promise<StepProgram> {
    this.#block ??= (await this.device.info()).block;
    const { resident, keep, inputs } = step;
    const inputOf = new Map(Object.entries(resident).map(([input, name]) => [name, input]));
    const replaces = new Map(
      Object.entries(keep).flatMap(([output, name]) => {
        const input = inputOf.get(name);
        return input === undefined ? [] : [[output, input] as const];
      }),
    );
    const lowered = lower(step.graph, { block: this.#block, withoutPasses: this.withoutPasses, replaces });
    const id = await this.device.load(writeModel(modelOf(lowered)));
    const inPlace = writableInPlace(lowered, replaces);
    const program: StepProgram = {
      step,
      run: (feeds) =>
        this.device.run(id, {
          feeds: Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name))),
          resident,
          keep,
          inPlace,
          fetch: ['loss'],
        }),
    };
    this.#programs.set(key, { id, program });
    return program;
  }
}
