import { access, mkdir, readdir, readFile, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.js';
import { withoutArchiveExtension } from '../data/archive-name.js';
import { removeAll, writeFile } from '../runtime/node/files.js';
import { abandonedIn } from '../runtime/node/partial.js';
import { DataFingerprint } from './data-fingerprint.js';
import { RunLock } from './run-lock.js';
import { TrainOptions } from './train-options.js';

/** Runs of version 0.1 have neither time nor fingerprint. */
export const OptionsFile = z.object({
  onecycle: z.string(),
  command: z.array(z.string()),
  options: TrainOptions,
  started: z.iso.datetime().optional(),
  data: DataFingerprint.optional(),
});
export type OptionsFile = z.infer<typeof OptionsFile>;

/** The names of what a run writes. */
export const FILES = {
  options: 'options.json',
  checkpoint: 'checkpoint.safetensors',
  previous: 'checkpoint.previous.safetensors',
  model: 'model.onnx',
  predictions: 'predictions.safetensors',
  best: 'best.safetensors',
  log: 'log.jsonl',
  events: 'tensorboard/events.out.tfevents.onecycle',
  history: 'history.csv',
  iterations: 'iterations.csv',
  findFrozen: 'lr-find.svg',
  findFinetune: 'lr-find-2.svg',
  losses: 'losses.svg',
  summary: 'summary.json',
  reportPictures: 'report-pictures.json',
  report: 'report.html',
} as const;

/** Says which process trains in the folder. */
export const RUN_LOCK = '.running.json';
const PROBE = '.onecycle-probe';

/** The folder that holds what a training run gives. */
export class RunFolder {
  /** Folders made for it, the innermost first. */
  #made: string[] = [];

  private constructor(readonly path: string) {}

  /**
   * Makes the folder, and sees that files can be written there.
   *
   * @param force whether the results of an earlier run may be replaced
   */
  static async create(path: string, force: boolean): Promise<RunFolder> {
    const folder = new RunFolder(path);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && !found.isDirectory()) throw new UserError(`--out ${path} is a file; name a folder`);
    if (found !== undefined) await folder.#removeRemains();
    const entries = found === undefined ? [] : await readdir(path).catch(() => []);
    if (entries.some((name) => name !== RUN_LOCK) && !force) {
      throw new UserError(
        `--out ${path} is not empty; choose another folder, go on with --resume ${path}, or replace its results with --force`,
      );
    }
    await folder.#makeFolders();
    await folder.#assertWritable();
    return folder;
  }

  /** Makes a folder of its own for a run: `runs/NAME-2025-01-31T17-05-09`, in local time. */
  static async createNew(data: string, now = new Date()): Promise<RunFolder> {
    const name = withoutArchiveExtension(basename(data)) || 'run';
    const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
    const path = join('runs', `${name}-${local.toISOString().slice(0, 19).replaceAll(':', '-')}`);
    // Runs that begin in the same second do not share a folder.
    for (let i = 1; ; i++) {
      const folder = new RunFolder(i === 1 ? path : `${path}-${i}`);
      if (!(await folder.#makeFolders())) continue;
      await folder.#assertWritable();
      return folder;
    }
  }

  /** The folder of an earlier run, and the options that it was started with. */
  static async open(path: string): Promise<{ folder: RunFolder; started: OptionsFile }> {
    const folder = new RunFolder(path);
    const file = folder.file('options');
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new UserError(`--resume ${path} is not the folder of a run: ${messageOf(error)}`);
    });
    let started: OptionsFile;
    try {
      started = OptionsFile.parse(JSON.parse(text));
    } catch {
      throw new UserError(`${file} is damaged; the run cannot be resumed`);
    }
    await folder.#assertWritable();
    await folder.#removeRemains();
    return { folder, started };
  }

  /**
   * Keeps other processes from training in the folder.
   *
   * @throws {UserError} if one does already
   */
  lock(): Promise<RunLock> {
    return RunLock.take(join(this.path, RUN_LOCK));
  }

  file(name: keyof typeof FILES): string {
    return join(this.path, FILES[name]);
  }

  /** The folder of each epoch's checkpoint. */
  get epochs(): string {
    return join(this.path, 'epochs');
  }

  write(name: keyof typeof FILES, content: string | Uint8Array): Promise<void> {
    return writeFile(this.file(name), content);
  }

  writeJson(name: keyof typeof FILES, value: unknown): Promise<void> {
    return this.write(name, `${JSON.stringify(value, undefined, 2)}\n`);
  }

  has(name: keyof typeof FILES): Promise<boolean> {
    return access(this.file(name)).then(
      () => true,
      () => false,
    );
  }

  /** Whether there is a checkpoint to go on from. */
  async canGoOn(): Promise<boolean> {
    return (await this.has('checkpoint')) || (await this.has('previous'));
  }

  /** Removes the results of an earlier run; other files stay. */
  async clear(): Promise<void> {
    for (const name of Object.values(FILES)) await rm(join(this.path, name), { force: true });
    const epochs = await readdir(this.epochs).catch(() => []);
    const saved = epochs.filter((name) => /^epoch_\d+\.safetensors$/.test(name));
    await removeAll(saved.map((name) => join(this.epochs, name)));
  }

  /** Takes back the folders that were made for a run that came to nothing. */
  async discard(): Promise<void> {
    for (const folder of this.#made) await rmdir(folder).catch(() => {});
  }

  /** @throws {UserError} if the disk has too little room */
  async assertRoomFor(bytes: number): Promise<void> {
    const { bavail, bsize, blocks } = await statfs(this.path);
    // Some network file systems tell nothing.
    if (blocks === 0 || bavail * bsize >= bytes) return;
    throw new UserError(
      `the disk is full: ${this.path} has ${megabytes(bavail * bsize)} of free space, the run's files need up to ${megabytes(bytes)}; free some or choose another --out`,
    );
  }

  /** False if the folder was there. */
  async #makeFolders(): Promise<boolean> {
    try {
      const first = await mkdir(this.path, { recursive: true });
      if (first === undefined) return false;
      for (let at = resolve(this.path); ; at = dirname(at)) {
        this.#made.push(at);
        if (at === resolve(first) || at === dirname(at)) return true;
      }
    } catch (error) {
      throw new UserError(`the folder ${this.path} cannot be made: ${messageOf(error)}`);
    }
  }

  /** What processes that were killed have left half done. */
  async #removeRemains(): Promise<void> {
    for (const folder of [this.path, this.epochs, dirname(this.file('events'))]) {
      await removeAll(await abandonedIn(folder).catch(() => []));
    }
    await rm(join(this.path, PROBE), { force: true });
  }

  async #assertWritable(): Promise<void> {
    const probe = join(this.path, PROBE);
    try {
      await writeFile(probe, '\n');
    } catch (error) {
      await this.discard();
      throw error;
    }
    await rm(probe, { force: true });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
