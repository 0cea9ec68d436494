import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { create, Header } from 'tar';
import { UserError } from '../../core/errors.js';
import { cacheHome } from '../../runtime/node/cache-home.js';
import { releasedName } from '../../runtime/node/partial.js';
import { unpackArchive } from './archive.js';
import { makeFolder } from './make-folder.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-archive-'));
const cacheFolder = join(root, 'cache');
after(() => rm(root, { recursive: true }));

interface Entry {
  readonly path: string;
  readonly text?: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link';
  readonly linkpath?: string;
}

function tarOf(entries: readonly Entry[], end = true): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, text = '', type = 'File', linkpath } of entries) {
    const header = new Header({
      path,
      type,
      size: Buffer.byteLength(text),
      mode: 0o644,
      mtime: new Date(0),
      ...(linkpath ? { linkpath } : {}),
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    blocks.push(
      block,
      Buffer.alloc(512 * Math.ceil(Buffer.byteLength(text) / 512), 0).fill(text, 0, Buffer.byteLength(text)),
    );
  }
  return Buffer.concat(end ? [...blocks, Buffer.alloc(1024)] : blocks);
}

function crc32(data: Buffer): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ -1) >>> 0;
}

function zipOf(entries: readonly (Entry & { readonly mode?: number })[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { path, text = '', mode = 0o100644 } of entries) {
    const raw = Buffer.from(text);
    const data = deflateRawSync(raw);
    const name = Buffer.from(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(raw), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(raw.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, tail, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

async function archive(name: string, content: Buffer): Promise<string> {
  const path = join(root, name);
  await writeFile(path, content);
  return path;
}

/** Fails as a UserError and leaves nothing, neither in the cache nor beside it. */
async function refused(path: string, message: RegExp, options = {}): Promise<void> {
  const before = await readdir(root);
  await assert.rejects(unpackArchive(path, { cacheFolder, ...options }), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, message);
    return true;
  });
  const left = existsSync(cacheFolder) ? await readdir(cacheFolder) : [];
  assert.deepEqual(
    left.filter((name) => name.includes('partial') || name.startsWith('bad')),
    [],
  );
  assert.deepEqual(
    (await readdir(root)).filter((name) => name !== 'cache'),
    before.filter((name) => name !== 'cache'),
  );
}

const good: Entry[] = [
  { path: 'set/', type: 'Directory' },
  { path: 'set/a/1.txt', text: 'one' },
  { path: 'set/b/2.txt', text: 'two '.repeat(500) },
];

test('tar, tgz and zip unpack to the same files, once', async () => {
  const files = {
    'ok.tar': tarOf(good),
    'ok.tgz': gzipSync(tarOf(good)),
    'ok.tar.gz': gzipSync(tarOf(good)),
    'ok.zip': zipOf(good),
  };
  for (const [name, content] of Object.entries(files)) {
    const path = await archive(name, content);
    const stages: number[] = [];
    const folder = await unpackArchive(path, { cacheFolder, onProgress: ({ done }) => stages.push(done) });
    assert.equal(await readFile(join(folder, 'set/a/1.txt'), 'utf8'), 'one');
    assert.equal(await readFile(join(folder, 'set/b/2.txt'), 'utf8'), 'two '.repeat(500));
    assert.ok(stages.length > 0);
    await writeFile(join(folder, 'mark'), '');
    assert.equal(await unpackArchive(path, { cacheFolder }), folder);
    assert.ok(existsSync(join(folder, 'mark')), 'unpacked a second time');
  }
});

test("archives of the tar package's own making unpack, with links inside as copies", async () => {
  const source = join(root, 'source');
  await mkdir(join(source, 'x'), { recursive: true });
  await writeFile(join(source, 'x', 'real.txt'), 'real');
  await symlink('real.txt', join(source, 'x', 'link.txt'));
  const path = join(root, 'made.tgz');
  await create({ file: path, gzip: true, cwd: source }, ['x']);
  const folder = await unpackArchive(path, { cacheFolder });
  assert.equal(await readFile(join(folder, 'x', 'link.txt'), 'utf8'), 'real');
});

test('entries that climb out are refused and nothing is written', async () => {
  const escapes: Entry[] = [
    { path: '../bad.txt', text: 'x' },
    { path: 'a/../../bad.txt', text: 'x' },
    { path: '/tmp/onecycle-bad.txt', text: 'x' },
    { path: 'a/link', type: 'SymbolicLink', linkpath: '../../bad' },
    { path: 'a/link', type: 'SymbolicLink', linkpath: '/etc/passwd' },
    { path: 'link', type: 'Link', linkpath: '../bad' },
  ];
  for (const [i, entry] of escapes.entries()) {
    await refused(await archive(`bad${i}.tar`, tarOf([...good, entry])), /points outside/);
  }
  for (const [i, path] of ['../bad.txt', '/bad.txt', 'a\\..\\..\\bad.txt', 'C:\\bad.txt'].entries()) {
    await refused(
      await archive(`bad${i}.zip`, zipOf([...good, { path, text: 'x' }])),
      /points outside|absolute path|invalid/,
    );
  }
  await refused(
    await archive('badlink.zip', zipOf([{ path: 'l', text: '../../bad', mode: 0o120777 }])),
    /points outside/,
  );
});

test('files cannot be written through a link inside the archive', async () => {
  const entries: Entry[] = [
    { path: 'd', type: 'SymbolicLink', linkpath: 'e' },
    { path: 'e/f.txt', text: 'f' },
    { path: 'd/g.txt', text: 'g' },
  ];
  await refused(await archive('badthrough.tar', tarOf(entries)), /not a file of the archive/);
});

test('damaged archives are refused', async () => {
  const tar = tarOf(good);
  await refused(await archive('badcut.tar', tar.subarray(0, 2100)), /badcut\.tar is damaged/);
  await refused(await archive('badend.tar', tarOf(good, false)), /cut off/);
  await refused(await archive('badcut.tgz', gzipSync(tar).subarray(0, 120)), /damaged/);
  await refused(await archive('badtext.tgz', Buffer.from('no archive')), /damaged/);
  await refused(await archive('badtext.tar', Buffer.from('no archive '.repeat(200))), /damaged/);
  await refused(await archive('bad0.zip', Buffer.alloc(0)), /damaged/);
  await refused(await archive('badcut.zip', zipOf(good).subarray(0, 150)), /damaged/);
  const broken = zipOf(good);
  broken.fill(0xff, 70, 80);
  await refused(await archive('badbytes.zip', broken), /damaged/);
});

test('an archive that unpacks to too much is stopped', async () => {
  const bomb: Entry[] = [{ path: 'big.txt', text: '0'.repeat(3_000_000) }];
  const options = { maxUnpackedBytes: 1_000_000 };
  await refused(await archive('badbomb.tgz', gzipSync(tarOf(bomb))), /more than 1000000 bytes/, options);
  await refused(await archive('badbomb.zip', zipOf(bomb)), /more than 1000000 bytes/, options);
});

test('what dead processes left is removed with the next unpacking', async () => {
  const path = await archive('again.tar', tarOf(good));
  const folder = await unpackArchive(path, { cacheFolder });
  await rm(folder, { recursive: true });
  // Process numbers end far below this one.
  const left = releasedName(folder).replace(/-0-([0-9a-f]+)$/, '-999999999-$1');
  await mkdir(left);
  await unpackArchive(path, { cacheFolder });
  assert.ok(!existsSync(left));
});

test('a full disk is told as such, and nothing is left', async () => {
  const full = makeFolder(join(root, 'full', 'set'), 'a.tgz', () =>
    Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
  );
  await assert.rejects(full, /^UserError: No room left on the disk while unpacking a\.tgz into .*full/);
  assert.deepEqual(await readdir(join(root, 'full')), []);
});

test('the cache folder follows the environment and the platform', () => {
  assert.equal(cacheHome({ ONECYCLE_HOME: '/o', XDG_CACHE_HOME: '/x' }, 'linux'), '/o');
  assert.equal(cacheHome({ XDG_CACHE_HOME: '/x' }, 'linux'), join('/x', 'onecycle'));
  assert.match(cacheHome({}, 'darwin'), /Library.Caches.onecycle$/);
  assert.equal(cacheHome({ LOCALAPPDATA: '/l' }, 'win32'), join('/l', 'onecycle'));
});
