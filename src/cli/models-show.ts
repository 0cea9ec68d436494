import { sizeOf } from '../graph/types.js';
import { modelSummary, networksFor } from '../model-catalog.js';
import type { Architecture } from '../nn/architecture.js';
import { modelByName, models } from '../nn/models/index.js';
import type { LoadedWeights } from '../nn/weights/read.js';
import { fromOnnx } from '../onnx-architecture.js';
import { columns, summaryTable } from '../report/index.js';
import { assertFile, isFile } from '../runtime/node/files.js';
import { readWeights } from '../weights.js';
import { flagOf, UsageError } from './fields.js';
import type { ShowOptions } from './models-command.js';

/** Prints what a network is made of, or what a file of weights holds. */
export async function showModel(name: string, { json, ...options }: ShowOptions): Promise<void> {
  const print = (value: object, text: () => string) =>
    process.stdout.write(`${json ? JSON.stringify(value, undefined, 2) : text()}\n`);
  const network = (arch: Architecture) => {
    const summary = modelSummary(arch, options);
    print(summary, () => summaryTable(summary));
    for (const notice of arch.imported?.notices ?? []) process.stderr.write(`${notice}\n`);
  };
  if (Object.hasOwn(models, name)) return network(modelByName(name));
  if (!looksLikeFile(name) && !(await isFile(name))) return network(modelByName(name));
  await assertFile(name);
  const weights = await readWeights(name);
  if (weights.format === 'onnx') return network(await fromOnnx(name));
  const [first] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (first !== undefined) throw new UsageError(`${flagOf(first)} is for a network; ${name} is a file of weights`);
  const content = contentOf(name, weights);
  print(content, () => weightsText(content));
}

function looksLikeFile(name: string): boolean {
  return /[/\\]|\.[a-z]+$/i.test(name);
}

/** What a file of weights holds, and the networks that can start from it. */
function contentOf(file: string, { format, tensors }: LoadedWeights) {
  return {
    file,
    format,
    tensors: [...tensors].map(([name, { dtype, dims }]) => ({ name, dtype, dims })),
    values: [...tensors.values()].reduce((n, { dims }) => n + sizeOf(dims), 0),
    networks: networksFor(tensors),
  };
}

function weightsText({ file, format, tensors, values, networks }: ReturnType<typeof contentOf>): string {
  return [
    `${file}: weights as ${format}`,
    '',
    ...columns(
      [
        ['tensor', 'type', 'shape'],
        ...tensors.map(({ name, dtype, dims }) => [name, dtype, dims.length === 0 ? 'scalar' : dims.join(' × ')]),
      ],
      3,
    ),
    '',
    `${tensors.length.toLocaleString('en')} tensors, ${values.toLocaleString('en')} values`,
    networks.length === 0
      ? 'No network of the list can start from it'
      : `Networks that can start from it: ${networks.join(', ')}`,
  ].join('\n');
}
