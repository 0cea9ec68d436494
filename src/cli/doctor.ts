import { access, constants, mkdir, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../core/errors.js';
import { cacheHome } from '../runtime/node/cache-home.js';
import { isOffline } from '../runtime/node/download.js';
import { runtimeVersion } from '../runtime/node/machine.js';
import { ownVersion } from './version.js';

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do, unless all is well. */
  readonly mend?: string;
}

const GIB = 2 ** 30;
/** The oldest Node that the package is for. */
const LEAST_NODE = [20, 9] as const;
/** Memory that training with the defaults takes, about. */
const LEAST_MEMORY = 3 * GIB;
/** A download of weights and a set's decoded pictures want that much. */
const LEAST_DISK = 2 * GIB;

/** Looks at everything, prints it, and gives 1 if something fails, else 0. */
export async function doctor(json: boolean): Promise<number> {
  const checks = (await Promise.all(CHECKS.map(attempted))).flat();
  const failed = checks.some(({ state }) => state === 'fail');
  process.stdout.write(json ? `${JSON.stringify({ ok: !failed, checks }, undefined, 2)}\n` : textOf(checks));
  return failed ? 1 : 0;
}

function textOf(checks: readonly Check[]): string {
  const widest = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, found, mend }) => [
    `${state.padEnd(4)}  ${name.padEnd(widest)}  ${found}`,
    ...(mend === undefined ? [] : [`${' '.repeat(widest + 8)}→ ${mend}`]),
  ]);
  return `${lines.join('\n')}\n`;
}

interface Looking {
  readonly name: string;
  look(): Promise<readonly Check[]>;
  readonly mend: string;
}

/** A check that cannot be made has failed. */
async function attempted({ name, look, mend }: Looking): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    return [{ name, state: 'fail', found: messageOf(error), mend }];
  }
}

const CHECKS: readonly Looking[] = [
  { name: 'Node.js', mend: 'install Node.js again', look: async () => [node()] },
  { name: 'ONNX Runtime', mend: 'install again: npm install onecycle', look: runtime },
  { name: 'pictures', mend: 'install again: npm install --include=optional sharp', look: pictures },
  { name: 'processor', mend: '', look: async () => [await processor()] },
  { name: 'memory', mend: '', look: async () => [memory()] },
  { name: 'huge pages', mend: '', look: async () => [await hugePages()] },
  { name: 'weights', mend: 'install again: npm install onecycle', look: weights },
  { name: 'cache folder', mend: 'set ONECYCLE_HOME to a folder that you may write to', look: cache },
  { name: 'downloads', mend: '', look: async () => [downloads()] },
];

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [least, leastMinor] = LEAST_NODE;
  const found = `${process.versions.node}, onecycle ${ownVersion()}, ${process.platform} ${process.arch}`;
  if (major > least || (major === least && minor >= leastMinor)) return { name: 'Node.js', state: 'ok', found };
  return { name: 'Node.js', state: 'fail', found, mend: `install Node.js ${LEAST_NODE.join('.')} or newer` };
}

async function runtime(): Promise<Check[]> {
  const { listSupportedBackends } = await import('onnxruntime-node');
  const { probeBlock } = await import('../runtime/node/probe.js');
  const backends = listSupportedBackends().map(({ name }) => name);
  const block = await probeBlock();
  return [
    { name: 'ONNX Runtime', state: 'ok', found: `${runtimeVersion()}, execution providers ${backends.join(', ')}` },
    block > 0
      ? { name: 'blocked layout', state: 'ok', found: `${block} channels in a block` }
      : {
          name: 'blocked layout',
          state: 'warn',
          found: 'this processor has none',
          mend: 'training works in the plain layout, more slowly; processors with AVX2 or AVX-512 have it',
        },
  ];
}

async function pictures(): Promise<Check[]> {
  const { default: sharp } = await import('sharp');
  const wanted = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif'] as const;
  const [lacking, there] = [
    wanted.filter((name) => !sharp.format[name].input.buffer),
    wanted.filter((name) => sharp.format[name].input.buffer),
  ];
  const found = `libvips ${sharp.versions.vips}, reads ${there.join(', ')}`;
  if (lacking.length === 0) return [{ name: 'pictures', state: 'ok', found }];
  const mend = `${lacking.join(', ')} pictures cannot be read: install sharp's own libvips with npm install sharp`;
  return [
    { name: 'pictures', state: lacking.includes('jpeg') || lacking.includes('png') ? 'fail' : 'warn', found, mend },
  ];
}

async function processor(): Promise<Check> {
  const threads = availableParallelism();
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const found = `${model}, ${threads} ${threads === 1 ? 'thread' : 'threads'} to use of ${cpus().length}`;
  if (threads > 1) return { name: 'processor', state: 'ok', found };
  return {
    name: 'processor',
    state: 'warn',
    found,
    mend: 'with one thread, pictures are prepared in turn with training',
  };
}

function memory(): Check {
  const limit = process.constrainedMemory() || totalmem();
  const total = Math.min(limit, totalmem());
  const found = `${(total / GIB).toFixed(1)} GiB, ${(Math.min(freemem(), total) / GIB).toFixed(1)} GiB of it free`;
  if (total >= LEAST_MEMORY) return { name: 'memory', state: 'ok', found };
  return { name: 'memory', state: 'warn', found, mend: 'train with a smaller --bs or --size, or with --recompute' };
}

/** Training asks the allocator for huge pages; the kernel may never give them. */
async function hugePages(): Promise<Check> {
  const name = 'huge pages';
  const text = await readFile('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').catch(() => undefined);
  const [, set] = /\[(\w+)\]/.exec(text ?? '') ?? [];
  if (set === undefined) return { name, state: 'ok', found: 'not a setting here' };
  if (set !== 'never') return { name, state: 'ok', found: set };
  const mend = 'training is faster with them: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, as root';
  return { name, state: 'warn', found: set, mend };
}

async function weights(): Promise<Check[]> {
  const file = fileURLToPath(new URL('../../weights/efficientnet_lite0.safetensors', import.meta.url));
  const { size } = await stat(file);
  return [{ name: 'weights', state: 'ok', found: `efficientnet_lite0, ${(size / 1e6).toFixed(1)} MB, in the package` }];
}

async function cache(): Promise<Check[]> {
  const home = cacheHome();
  const name = 'cache folder';
  await mkdir(home, { recursive: true });
  await access(home, constants.W_OK);
  const { bavail, bsize } = await statfs(home);
  const [used, free] = [await sizeOf(home), bavail * bsize];
  const found = `${home}, ${(used / GIB).toFixed(2)} GiB, ${(free / GIB).toFixed(1)} GiB of disk free`;
  if (free >= LEAST_DISK) return [{ name, state: 'ok', found }];
  const mend = `free some space, or set ONECYCLE_HOME to a folder on another disk; what is in ${dirname(join(home, 'x'))} can be made again`;
  return [{ name, state: 'warn', found, mend }];
}

async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sum += await sizeOf(path).catch(() => 0);
    else
      sum += await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return sum;
}

function downloads(): Check {
  const { ONECYCLE_MIRROR: mirror } = process.env;
  if (isOffline(process.env)) {
    return { name: 'downloads', state: 'ok', found: 'none: ONECYCLE_OFFLINE is set; only what is cached is used' };
  }
  return { name: 'downloads', state: 'ok', found: mirror ? `asked first: ${mirror}` : 'from the addresses themselves' };
}
