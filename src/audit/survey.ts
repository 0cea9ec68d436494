import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { codeOf, messageOf, UserError } from '../core/errors.js';
import { byCodePoint } from '../data/code-points.js';
import { findSplits } from '../data/node/folder-layout.js';
import { isHidden, isPictureName, kindBehind, kindOf, unsupportedReason } from '../data/node/scan.js';
import type { AuditFile, AuditSplit, Finding } from './findings.js';

export interface SurveyedFile extends AuditFile {
  /** Path to open it by. */
  readonly path: string;
  /** The classes that it counts for: of a picture with several labels each. */
  readonly shows: readonly string[];
}

/** What lies in a folder of pictures, as its names tell. */
export interface Survey {
  readonly classes: readonly string[];
  readonly splits: readonly AuditSplit[];
  /** Files with a picture's name, in folders of classes. */
  readonly pictures: readonly SurveyedFile[];
  /** Other files there: pictures among them are lost to training. */
  readonly others: readonly SurveyedFile[];
  readonly findings: readonly Finding[];
}

/**
 * Walks through a folder as training does, but keeps what training would pass over, and goes on after what cannot be read.
 *
 * Throws a UserError if there are no folders of classes.
 */
export async function survey(
  folder: string,
  names: { readonly train: string; readonly valid: string | undefined; readonly test?: string | undefined },
): Promise<Survey> {
  const { root, folders } = await findSplits(folder, names).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    throw new UserError(`${folder} cannot be read: ${messageOf(error)}`);
  });
  const splitFolders: [AuditSplit, string][] =
    folders.train === undefined
      ? [['all', root]]
      : (['train', 'valid', 'test'] as const).flatMap((split): [AuditSplit, string][] => {
          const path = folders[split];
          return path === undefined ? [] : [[split, path]];
        });
  const walk = new Walk(folder);
  for (const [split, path] of splitFolders) await walk.split(split, path);
  if (walk.classes.size === 0) {
    throw new UserError(
      `${root} holds no folders of classes; expected one folder for each class, e.g. ${join(root, 'cat', '1.jpg')}`,
    );
  }
  return {
    classes: [...walk.classes].sort(byCodePoint),
    splits: splitFolders.map(([split]) => split),
    pictures: walk.pictures,
    others: walk.others,
    findings: walk.findings,
  };
}

class Walk {
  readonly classes = new Set<string>();
  readonly pictures: SurveyedFile[] = [];
  readonly others: SurveyedFile[] = [];
  readonly findings: Finding[] = [];
  /** Real paths of the folders above the one that is read, so that loops of links end. */
  readonly #above: string[] = [];

  constructor(private readonly root: string) {}

  async split(split: AuditSplit, folder: string): Promise<void> {
    for (const { entry, kind } of await this.#entries(folder, split, undefined)) {
      const path = join(folder, entry.name);
      if (kind === 'folder') {
        this.classes.add(entry.name);
        await this.#class(split, entry.name, path);
      } else if (kind === 'file' && isPictureName(entry.name)) {
        this.#find('unlabelled', 'warning', 'lies outside of the folders of classes and is not used', {
          ...this.#file(path, split, undefined),
        });
      }
    }
  }

  async #class(split: AuditSplit, label: string, folder: string): Promise<void> {
    const real = await realpath(folder).catch(() => folder);
    if (this.#above.includes(real)) return;
    this.#above.push(real);
    for (const { entry, kind } of await this.#entries(folder, split, label)) {
      const path = join(folder, entry.name);
      const file = this.#file(path, split, label);
      if (kind === 'folder') {
        if (isPictureName(entry.name)) this.#find('unreadable', 'error', 'is a folder, not a picture', file);
        await this.#class(split, label, path);
      } else if (kind === 'other') {
        if (isPictureName(entry.name)) this.#find('unreadable', 'error', await reasonOf(path, entry), file);
      } else if (isPictureName(entry.name)) this.pictures.push({ ...file, path, shows: [label] });
      else {
        const reason = unsupportedReason(path);
        if (reason === undefined) this.others.push({ ...file, path, shows: [label] });
        else this.#find('unsupported', 'warning', reason, file);
      }
    }
    this.#above.pop();
  }

  /** What a folder holds, in code-point order, but for hidden names; nothing if it cannot be read. */
  async #entries(folder: string, split: AuditSplit, label: string | undefined) {
    try {
      const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !isHidden(name));
      entries.sort((a, b) => byCodePoint(a.name, b.name));
      return await Promise.all(
        entries.map(async (entry) => {
          const kind = entry.isSymbolicLink() ? await kindBehind(join(folder, entry.name)) : kindOf(entry);
          return { entry, kind };
        }),
      );
    } catch (error) {
      const reason = `is a folder that cannot be read: ${messageOf(error)}`;
      this.#find('unreadable', 'error', reason, this.#file(folder, split, label));
      return [];
    }
  }

  #file(path: string, split: AuditSplit, label: string | undefined): AuditFile {
    return { file: relative(this.root, path).split(sep).join('/'), split, label };
  }

  #find(kind: Finding['kind'], severity: Finding['severity'], message: string, file: AuditFile): void {
    this.findings.push({ kind, severity, message, files: [file] });
  }
}

/** Why what is neither a file nor a folder cannot be read. */
async function reasonOf(path: string, entry: Dirent): Promise<string> {
  if (!entry.isSymbolicLink()) return 'is neither a file nor a folder';
  const error = await stat(path).then(
    () => undefined,
    (found: unknown) => found,
  );
  if (error === undefined) return 'is a link to what is neither a file nor a folder';
  if (codeOf(error) === 'ENOENT') return 'is a link that leads nowhere';
  return codeOf(error) === 'ELOOP' ? 'is a link that leads to itself' : `cannot be followed: ${messageOf(error)}`;
}
