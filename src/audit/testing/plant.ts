import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { DataReport, FindingKind } from '../findings.js';

/** What a report must tell about a defect: a finding of this kind that holds all of these files. */
export interface Planted {
  readonly what: string;
  readonly kind: FindingKind;
  /** Paths below the folder; empty for a class. */
  readonly files: readonly string[];
  readonly label?: string;
}

const damages: Readonly<Record<string, (whole: Buffer) => Buffer>> = {
  'cut in the middle': (whole) => whole.subarray(0, whole.length >> 1),
  'the last bytes missing': (whole) => whole.subarray(0, -40),
  'only the header': (whole) => whole.subarray(0, 60),
  'the second half zeros': (whole) =>
    Buffer.concat([whole.subarray(0, whole.length >> 1), Buffer.alloc(whole.length >> 1)]),
  'all zeros': (whole) => Buffer.alloc(whole.length),
  empty: () => Buffer.alloc(0),
  text: () => Buffer.from('<!doctype html><title>404</title>'),
};

/** Copies that show the same picture. */
const near: Readonly<Record<string, (picture: Sharp, width: number, height: number) => Sharp>> = {
  're-encoded': (picture) => picture.jpeg({ quality: 50 }),
  'cut at the edges': (picture, w, h) => cut(picture, w, h, 0.05, 0.05, 0.9),
  'cut at a corner': (picture, w, h) => cut(picture, w, h, 0, 0.07, 0.93),
  brighter: (picture) => picture.linear(1.25, 10).jpeg({ quality: 85 }),
  darker: (picture) => picture.linear(0.7, 0).jpeg({ quality: 85 }),
  mirrored: (picture) => picture.flop().jpeg({ quality: 85 }),
  'mirrored and darker': (picture) => picture.flop().linear(0.8, 0).jpeg({ quality: 80 }),
};

function cut(picture: Sharp, w: number, h: number, left: number, top: number, share: number): Sharp {
  const box = { left: Math.floor(left * w), top: Math.floor(top * h) };
  return picture
    .extract({ ...box, width: Math.floor(share * w), height: Math.floor(share * h) })
    .resize(w, h, { fit: 'fill' })
    .jpeg({ quality: 85 });
}

/**
 * Puts one defect of each kind, or several, into a set of pictures.
 *
 * @param train,valid lists of pictures below the folder, one class after the other; each is used once at most
 */
export async function plant(
  root: string,
  train: readonly string[],
  valid: readonly string[],
  rounds: number,
): Promise<Planted[]> {
  const planted: Planted[] = [];
  const fresh = [train, valid].map((files) => files.values());
  const take = (split: 0 | 1): string => {
    const next = fresh[split]?.next();
    if (next?.value === undefined) throw new Error('too few pictures to plant defects in');
    return next.value;
  };
  const put = async (file: string, bytes: Buffer): Promise<string> => {
    await writeFile(join(root, file), bytes);
    return file;
  };
  const beside = (file: string, name: string, ending = extname(file)): string =>
    `${dirname(file)}/planted-${name}${ending}`;

  for (let round = 0; round < rounds; round++) {
    for (const [what, damage] of Object.entries(damages)) {
      const file = take(round % 2 === 0 ? 0 : 1);
      await put(file, damage(await readFile(join(root, file))));
      planted.push({ what, kind: 'corrupt', files: [file] });
    }
    for (const format of ['png', 'webp', 'gif', 'tiff'] as const) {
      const file = take(0);
      await put(file, await sharp(join(root, file)).toFormat(format).toBuffer());
      planted.push({ what: `${format} named jpg`, kind: 'wrong-extension', files: [file] });
    }
    const psd = await put(beside(take(0), `psd-${round}`), Buffer.from('8BPS, and then layers'));
    planted.push({ what: 'PSD named jpg', kind: 'wrong-extension', files: [psd] });

    const again = take(0);
    for (const [what, from, to] of [
      ['the same file in another split', take(0), take(1)],
      ['the same file beside it', again, again],
      ['the same file elsewhere', take(0), take(0)],
    ] as const) {
      const copy = beside(to, `copy-${what.split(' ').at(-1)}-${round}`);
      await copyFile(join(root, from), join(root, copy));
      planted.push({ what, kind: 'duplicate', files: [from, copy] });
    }
    const source = take(0);
    const lossless = await sharp(join(root, source)).png().toBuffer();
    const png = await put(beside(take(1), `pixels-${round}`, '.png'), lossless);
    planted.push({ what: 'the same pixels in another format', kind: 'duplicate', files: [source, png] });

    for (const [what, change] of Object.entries(near)) {
      const from = take(0);
      const picture = sharp(join(root, from));
      const { width, height } = await picture.metadata();
      const to = round % 2 === 0 ? take(1) : take(0);
      const copy = beside(to, `near-${what.replaceAll(' ', '-')}-${round}`);
      await put(copy, await change(picture, width, height).toBuffer());
      planted.push({ what, kind: 'near-duplicate', files: [from, copy] });
    }
  }
  const link = beside(take(0), 'link');
  await symlink('nowhere.jpg', join(root, link));
  const loop = beside(take(0), 'loop');
  await symlink('planted-loop.jpg', join(root, loop));
  const folder = beside(take(0), 'folder');
  await mkdir(join(root, folder));
  for (const [what, file] of [
    ['a dead link', link],
    ['a link to itself', loop],
    ['a folder', folder],
  ] as const) {
    planted.push({ what, kind: 'unreadable', files: [file] });
  }
  await mkdir(join(root, dirname(dirname(train[0] ?? '')), 'nothing'));
  planted.push({ what: 'an empty class', kind: 'empty-class', files: [], label: 'nothing' });
  return planted;
}

/** The defects that a report does not tell, in words. */
export function missed({ findings }: DataReport, planted: readonly Planted[]): string[] {
  const found = ({ kind, files, label }: Planted) =>
    findings.some(
      (f) =>
        f.kind === kind && f.label === label && files.every((file) => f.files.some((other) => other.file === file)),
    );
  return planted.filter((defect) => !found(defect)).map(({ what, files }) => `${what}: ${files.join(' ')}`);
}

/** Files that a report names for one of these kinds, and that nobody planted as such. */
export function falseAlarms(
  { findings }: DataReport,
  planted: readonly Planted[],
  ...kinds: readonly FindingKind[]
): string[] {
  const known = new Set(planted.flatMap(({ kind, files }) => files.map((file) => `${kind} ${file}`)));
  return findings
    .filter(({ kind }) => kinds.includes(kind))
    .flatMap(({ kind, files }) => files.map(({ file }) => `${kind} ${file}`))
    .filter((name) => !known.has(name));
}
