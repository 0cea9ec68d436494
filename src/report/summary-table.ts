import type { GroupSummary, LayerSummary, NetworkSummary } from '../engine/summary.js';
import { columns } from './columns.js';

/** A network's layers, layer groups and sums as text, as Keras and fastai print them. */
export function summaryTable(summary: NetworkSummary): string {
  const { name, size, classes, layers, groups, parameters, trainable, trainableFrozen, statistics } = summary;
  return [
    `${name}: pictures of ${size} × ${size} px, ${whole(classes)} outputs`,
    '',
    ...columns(
      [
        ['layer', 'type', 'output', 'group', 'parameters', 'multiply-adds', 'trained'],
        ...layers.map((layer) => [layer.name, layer.type, layer.output.join(' × '), ...numbers(layer)]),
      ],
      3,
    ),
    '',
    ...columns([
      ['layer group', 'layers', 'parameters', 'multiply-adds', 'trained', 'frozen body', 'unfrozen'],
      ...groups.map((g) => [
        `${g.group}${g.group === groups.length - 1 ? ' (head)' : ''}`,
        ...[whole(g.layers), whole(g.parameters), whole(g.multiplyAdds)],
        ...[share(g.trainable, g), share(g.trainableFrozen, g), share(g.parameters, g)],
      ]),
    ]),
    '',
    `Parameters: ${whole(parameters)} (${megabytes(summary.bytes)} as float32)`,
    `Trained: ${whole(trainable)}; with the body frozen: ${whole(trainableFrozen)}; unfrozen: ${whole(parameters)}`,
    ...(statistics === 0 ? [] : [`Running statistics of batch norms: ${whole(statistics)}`]),
    `Multiply-adds of one picture: ${multiplyAddsText(summary.multiplyAdds)}`,
  ].join('\n');
}

function numbers(layer: LayerSummary): string[] {
  const { group, parameters, multiplyAdds } = layer;
  const trained = parameters === 0 ? '' : share(layer.trainable, layer);
  return [String(group), whole(parameters), whole(multiplyAdds), trained];
}

/** Whether all parameters are trained, some (a frozen group's norms), or none. */
function share(trained: number, { parameters }: Pick<GroupSummary, 'parameters'>): string {
  if (trained === 0) return 'no';
  return trained === parameters ? 'yes' : 'norms';
}

function whole(n: number): string {
  return n.toLocaleString('en');
}

/** Bytes as megabytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Multiply-adds in millions or, from a thousand of them on, thousands of millions. */
export function multiplyAddsText(n: number): string {
  return n >= 1e9 ? `${(n / 1e9).toFixed(2)} G` : `${(n / 1e6).toFixed(1)} M`;
}
