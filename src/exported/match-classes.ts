import { UserError } from '../core/errors.js';
import type { Task } from '../core/task.js';
import { quoted } from '../data/quoted.js';
import type { Targets } from '../train/metrics/index.js';
import type { ExportedInfo } from './metadata.js';

/** Puts the targets of some pictures into the order of a model's classes. */
export type MatchTargets = (targets: Targets) => Targets;

/**
 * Matches the classes of pictures with those of a model, by name.
 *
 * @param file the model's name, for errors
 * @throws {UserError} naming the classes that the model does not know, or the outputs of a regression that are not the same
 */
export function matchClasses(
  { task, classes }: ExportedInfo,
  data: { readonly task: Task; readonly classes: readonly string[] },
  file: string,
): MatchTargets {
  if (task !== data.task) {
    throw new UserError(
      `${file} is a ${task} model; these pictures have ${LABELS[data.task]}, and ${LABELS[task]} are wanted`,
    );
  }
  const unknown = data.classes.filter((name) => !classes.includes(name));
  if (unknown.length > 0) {
    throw new UserError(
      `${file} does not know the ${NAMES[task]} ${quoted(unknown)} of these pictures; it knows ${quoted(classes)}`,
    );
  }
  const places = data.classes.map((name) => classes.indexOf(name));
  if (task === 'single-label') return (targets) => Int32Array.from(targets, (label) => places[label] ?? label);
  const lacking = classes.filter((name) => !data.classes.includes(name));
  if (task === 'regression' && lacking.length > 0) {
    throw new UserError(`${file} predicts ${quoted(classes)}; these pictures have no ${quoted(lacking)}`);
  }
  const [from, to] = [data.classes.length, classes.length];
  return (targets) => {
    const rows = new Float32Array((targets.length / from) * to);
    targets.forEach((value, i) => {
      rows[Math.floor(i / from) * to + (places[i % from] ?? 0)] = value;
    });
    return rows;
  };
}

const LABELS = {
  'single-label': 'one label each',
  'multi-label': 'any number of labels',
  regression: 'numbers',
} as const;

const NAMES = { 'single-label': 'classes', 'multi-label': 'labels', regression: 'outputs' } as const;
