import { listModels, type ModelInfo, type WeightsState } from '../model-catalog.js';
import { columns, megabytes, multiplyAddsText } from '../report/index.js';

const STATES: Readonly<Record<WeightsState, string>> = {
  package: 'in the package',
  cached: 'in the cache',
  download: 'to download',
  none: 'none',
};

/** Prints the networks whose names fit, as a table or as JSON. */
export async function printModels(filter: string | undefined, json: boolean): Promise<void> {
  const models = await listModels(filter);
  process.stdout.write(`${json ? JSON.stringify(models, undefined, 2) : columns(table(models), 3).join('\n')}\n`);
}

function table(models: readonly ModelInfo[]): string[][] {
  const head = ['name', 'weights', 'licence', 'px', 'parameters', 'as float32', 'multiply-adds', 'ImageNet top-1'];
  return [
    head,
    ...models.map(({ name, weights, licence, inputSize, parameters, multiplyAdds, top1 }) => [
      ...[name, STATES[weights], licence ?? '', String(inputSize)],
      ...[parameters.toLocaleString('en'), megabytes(4 * parameters), multiplyAddsText(multiplyAdds)],
      top1 === undefined ? '' : `${top1.toFixed(1)} %`,
    ]),
  ];
}
