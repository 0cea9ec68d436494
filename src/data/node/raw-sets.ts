import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { messageOf, UserError } from '../../core/errors.js';
import type { SplitName } from '../batch.js';
import type { OnProgress } from '../progress.js';
import { encodeBmp } from './encode-bmp.js';
import { extractPictures, type PictureWriter } from './extract-pictures.js';
import { isThere } from './make-folder.js';

/**
 * Sets as their authors publish them, all pictures of a split in one file of pixels: CIFAR-10 and CIFAR-100 in their binary version
 * (cs.toronto.edu/~kriz/cifar.html), and MNIST's IDX files, which Fashion-MNIST, KMNIST and EMNIST have, too.
 */

/** Of how files are laid out, so that another version of this does not take them up. */
const LAYOUT = 1;

const CIFAR_PIXELS = 3072;

/** Of one file, unpacked: five times EMNIST's largest. */
const LARGEST_IDX = 2 ** 31;

/** One file of pixels, and what else belongs to it. */
interface RawFile {
  readonly path: string;
  readonly split: SplitName;
  readonly others: readonly string[];
  extract(writer: PictureWriter): Promise<void>;
}

export interface RawSetOptions {
  /** Folder for what can be made again; the pictures go to `originals` in it. */
  readonly cacheFolder: string;
  readonly maxUnpackedBytes: number;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Takes the pictures of such a set out, once, into a folder of the cache as `imagefolder` has them; undefined if none of the files is of
 * such a set.
 *
 * @throws {UserError} that names the file that is damaged or lacks its labels
 */
export async function extractRawSet(
  root: string,
  files: readonly string[],
  options: RawSetOptions,
): Promise<string | undefined> {
  const there = new Set(files);
  const raw = files.flatMap((file) => cifarFile(file, there) ?? idxFile(file, there) ?? []);
  if (raw.length === 0) return undefined;
  const hash = createHash('sha256').update(String(LAYOUT));
  const bytes = new Map<string, number>();
  for (const path of raw.flatMap((file) => [file.path, ...file.others])) {
    const { size, mtimeMs } = await stat(path);
    bytes.set(path, size);
    hash.update(JSON.stringify([await realpath(path), size, mtimeMs]));
  }
  const folder = join(options.cacheFolder, 'originals', `${basename(root)}-${hash.digest('hex').slice(0, 16)}`);
  if (await isThere(folder)) return folder;
  await extractPictures(folder, root, options.maxUnpackedBytes, async (writer) => {
    let done = 0;
    const total = raw.reduce((sum, { path }) => sum + (bytes.get(path) ?? 0), 0);
    for (const file of raw) {
      await file.extract(writer);
      done += bytes.get(file.path) ?? 0;
      options.onProgress?.({ stage: 'unpack', done, total });
    }
  });
  return folder;
}

function cifarFile(path: string, there: ReadonlySet<string>): RawFile | undefined {
  const folder = dirname(path);
  const name = basename(path);
  const ten = /^(data_batch_\d+|test_batch)\.bin$/.test(name);
  const hundred = /^(train|test)\.bin$/.test(name);
  if (!ten && !hundred) return undefined;
  const names = join(folder, ten ? 'batches.meta.txt' : 'fine_label_names.txt');
  // Other files may be called train.bin.
  if (!there.has(names)) return undefined;
  return {
    path,
    split: name.startsWith('test') ? 'test' : 'train',
    others: [names],
    async extract(writer) {
      const classes = (await readFile(names, 'utf8')).split('\n').flatMap((line) => line.trim() || []);
      const bytes = await readFile(path);
      // CIFAR-100 has the superclass first.
      const head = ten ? 1 : 2;
      const length = head + CIFAR_PIXELS;
      if (bytes.length === 0 || bytes.length % length !== 0) {
        throw new UserError(`${path} is cut off: its ${bytes.length} bytes are not a multiple of ${length}`);
      }
      for (let at = 0; at < bytes.length; at += length) {
        const label = classes[bytes[at + head - 1] ?? -1];
        if (label === undefined) {
          throw new UserError(`${path} is damaged: there is no class ${bytes[at + head - 1]} in ${names}`);
        }
        const colourOf = (x: number, y: number, c: number) => bytes[at + head + 1024 * c + 32 * y + x] ?? 0;
        writer.add(this.split, encodeBmp(32, 32, colourOf), label);
      }
    },
  };
}

function idxFile(path: string, there: ReadonlySet<string>): RawFile | undefined {
  const name = basename(path);
  // Unpacked by hand, some have a point for the hyphen.
  if (!/(^|[-_.])images[-.]idx3[-.]ubyte(\.gz)?$/.test(name)) return undefined;
  const labels = join(dirname(path), name.replace('images', 'labels').replace('idx3', 'idx1'));
  const found = [labels, `${labels}.gz`, labels.replace(/\.gz$/, '')].find((candidate) => there.has(candidate));
  // The same again, packed.
  if (name.endsWith('.gz') && there.has(path.replace(/\.gz$/, ''))) return undefined;
  if (found === undefined) throw new UserError(`${path} has no labels beside it: there is no ${basename(labels)}`);
  return {
    path,
    split: /t10k|test/.test(name) ? 'test' : 'train',
    others: [found],
    async extract(writer) {
      const { bytes, dims } = await readIdx(path, 3);
      const { bytes: classes, dims: counts } = await readIdx(found, 1);
      const [count = 0, height = 0, width = 0] = dims;
      if (count !== counts[0]) {
        throw new UserError(`${path} has ${count} pictures, but ${found} has ${counts[0]} labels`);
      }
      for (let i = 0; i < count; i++) {
        const colourOf = (x: number, y: number) => bytes[(i * height + y) * width + x] ?? 0;
        writer.add(this.split, encodeBmp(width, height, colourOf), String(classes[i]));
      }
    },
  };
}

/** An IDX file of bytes: zeros, type 8, number of dimensions, their lengths, the values. */
async function readIdx(path: string, rank: number): Promise<{ bytes: Uint8Array; dims: number[] }> {
  const file = await readFile(path);
  let all: Buffer;
  try {
    all = path.endsWith('.gz') ? gunzipSync(file, { maxOutputLength: LARGEST_IDX }) : file;
  } catch (error) {
    throw new UserError(`${path} is damaged: ${messageOf(error)}`, { cause: error });
  }
  const start = 4 + 4 * rank;
  if (all.length < start || all.readUInt32BE(0) !== 0x800 + rank) {
    throw new UserError(`${path} is no IDX file of bytes in ${rank} ${rank === 1 ? 'dimension' : 'dimensions'}`);
  }
  const dims = Array.from({ length: rank }, (_, i) => all.readUInt32BE(4 + 4 * i));
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (size === 0 || all.length !== start + size) {
    throw new UserError(`${path} is damaged: it has ${all.length} bytes, but ${dims.join(' x ')} values`);
  }
  return { bytes: all.subarray(start), dims };
}
