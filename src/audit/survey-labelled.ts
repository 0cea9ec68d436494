import { relative, sep } from 'node:path';
import { type Item, type LabelledFiles, NO_LABEL } from '../data/item.js';
import { SPLITS } from '../data/item-set.js';
import type { AuditFile, AuditSplit, Finding } from './findings.js';
import type { Survey, SurveyedFile } from './survey.js';

/**
 * What a table, or a way of labelling, says that lies in a folder. A split that is drawn is none: whether its pictures are apart
 * is for who draws.
 */
export function surveyLabelled(root: string, { task, classes, splits, unsupported, drawn }: LabelledFiles): Survey {
  const there = SPLITS.filter((split) => splits[split].length > 0);
  const splitOf = (split: (typeof SPLITS)[number]): AuditSplit =>
    drawn === true && split !== 'test' ? 'all' : there.length === 1 ? 'all' : split;
  const nameOf = (file: string): string => relative(root, file).split(sep).join('/');
  const pictures = SPLITS.flatMap((split) =>
    splits[split].map((item): SurveyedFile => {
      const shows = shown(item, task === 'regression' ? [] : classes);
      const label = task === 'regression' ? valuesOf(item) : shows.length === 0 ? undefined : shows.join(', ');
      return { file: nameOf(item.file), path: item.file, split: splitOf(split), label, shows };
    }),
  );
  const findings = unsupported.map(({ file, reason }): Finding => {
    const left: AuditFile = { file: nameOf(file), split: 'all', label: undefined };
    return { kind: 'unsupported', severity: 'warning', message: reason, files: [left] };
  });
  return {
    classes: task === 'regression' ? [] : classes,
    splits: [...new Set(there.map(splitOf))],
    pictures,
    others: [],
    findings,
  };
}

function shown({ label, targets }: Item, classes: readonly string[]): string[] {
  if (targets !== undefined) return classes.filter((_, c) => targets[c] === 1);
  const name = label === NO_LABEL ? undefined : classes[label];
  return name === undefined ? [] : [name];
}

function valuesOf({ targets }: Item): string | undefined {
  return targets === undefined ? undefined : Array.from(targets, (value) => String(value)).join(', ');
}
