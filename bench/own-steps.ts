/*
 * Times onecycle's steps for the benchmark, as peer/torch_steps.py times PyTorch's: reads one command a line, answers one
 * line of JSON. Commands: `train`, `fixed`, `frozen`, `cached`, `eval` (one step of that kind), `peak` (MiB since
 * `reset`).
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Engine } from '#onecycle/engine/engine.js';
import { adamw } from '#onecycle/engine/optimizers/index.js';
import { initialValues } from '#onecycle/engine/values.js';
import { modelByName } from '#onecycle/nn/models/index.js';
import { ProcessDevice } from '#onecycle/runtime/node/process-device.js';
import { peakMemory, resetPeak } from './peak-memory.js';

const CLASSES = 10;
const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'efficientnet_lite0' },
    batch: { type: 'string', default: '32' },
    size: { type: 'string', default: '128' },
    recompute: { type: 'boolean', default: false },
    without: { type: 'string', multiple: true, default: [] },
  },
});
const [n, size] = [Number(values.batch), Number(values.size)];
const arch = modelByName(values.arch);
const device = new ProcessDevice();
const engine = new Engine(
  device,
  { arch, classes: CLASSES, head: { kind: 'concat-pool' }, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  { optimizer: adamw(), seed: 0, withoutPasses: values.without, recompute: values.recompute },
);
await engine.setValues(initialValues(engine.layout, 0));
const pictures = Uint8Array.from({ length: n * 3 * size * size }, (_, i) => Math.imul(i, 2654435761) >>> 24);
const targets = Float32Array.from({ length: n * CLASSES }, (_, i) =>
  i % CLASSES === Math.floor(i / CLASSES) % CLASSES ? 1 : 0,
);
const settings = {
  lr: Array.from({ length: engine.layout.groups }, () => 1e-4),
  weightDecay: 0.01,
  momentum: 0.9,
};
const head = arch.groups.length;
let features: Float32Array | undefined;

/** Puts the network into the state that a kind of step is measured in; nothing is timed. */
async function prepare(kind: string): Promise<void> {
  const frozen = kind === 'frozen' || kind === 'cached';
  const wanted = { firstTrained: frozen ? head : 0, trainNorm: kind === 'train' };
  const { firstTrained, trainNorm } = engine.freezing;
  if (kind !== 'eval' && (firstTrained !== wanted.firstTrained || trainNorm !== wanted.trainNorm)) {
    await engine.freeze(wanted);
  }
  if (kind === 'cached') features ??= await engine.features(pictures, n, size);
}

async function run(kind: string): Promise<void> {
  if (kind === 'eval') await engine.predict(pictures, n, size);
  else if (kind === 'cached' && features !== undefined) await engine.step({ features }, targets, settings);
  else if (kind === 'frozen') {
    await engine.step({ features: await engine.features(pictures, n, size) }, targets, settings);
  } else await engine.step({ pictures, size }, targets, settings);
}

await engine.freeze({ firstTrained: 0, trainNorm: true });
for await (const kind of createInterface({ input: process.stdin })) {
  let value: number;
  if (kind === 'peak') value = peakMemory();
  else if (kind === 'reset') {
    resetPeak();
    value = 0;
  } else {
    await prepare(kind);
    const start = performance.now();
    await run(kind);
    value = performance.now() - start;
  }
  console.log(JSON.stringify({ value }));
}
await device.close();
