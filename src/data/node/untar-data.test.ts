import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { create } from 'tar';
import { UserError } from '../../core/errors.js';
import type { DownloadProgress } from '../../runtime/download.js';
import { KNOWN_SET_NAMES, KNOWN_SETS, URLs } from '../known-sets.js';
import { type UntarOptions, untarData } from './untar-data.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-untar-'));
let answer: (response: ServerResponse, request: IncomingMessage) => void = () => {};
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  answer(response, request);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true });
});

await mkdir(join(root, 'set', 'train', 'cat'), { recursive: true });
await writeFile(join(root, 'set', 'train', 'cat', '1.txt'), 'meow');
await create({ gzip: true, cwd: root, file: join(root, 'set.tgz') }, ['set']);
await create({ gzip: true, cwd: join(root, 'set'), file: join(root, 'flat.tgz') }, ['train']);
await writeFile(join(root, 'set', 'readme'), 'two things');
await create({ gzip: true, cwd: join(root, 'set'), file: join(root, 'two.tgz') }, ['train', 'readme']);
const archive = await readFile(join(root, 'set.tgz'));

let count = 0;
let cacheFolder = '';
beforeEach(() => {
  cacheFolder = join(root, `cache${count++}`);
  asked = [];
  answer = serve(archive);
});

function serve(bytes: Uint8Array): typeof answer {
  return (response) => {
    response.writeHead(200, { 'content-length': bytes.length, etag: '"one"' });
    response.end(bytes);
  };
}

function get(address: string, options: UntarOptions = {}): Promise<string> {
  return untarData(address, { cacheFolder, env: {}, retryDelaysMs: [0], ...options });
}

async function assertFails(promise: Promise<string>, pattern: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, pattern);
    return true;
  });
}

describe('an archive at an address', () => {
  test('becomes a folder, whose name the archive has; the second time nothing is asked for', async () => {
    const folder = await get(`${host}/some/set.tgz`);
    assert.match(basename(folder), /^set-[0-9a-f]{8}$/);
    assert.equal(await readFile(join(folder, 'train', 'cat', '1.txt'), 'utf8'), 'meow');
    assert.equal(await get(`${host}/some/set.tgz`), folder);
    assert.deepEqual(asked, ['/some/set.tgz']);
    assert.equal((await readdir(join(cacheFolder, 'datasets'))).length, 2);
    // Another address is another set.
    assert.notEqual(await get(`${host}/other/set.tgz`), folder);
  });

  test('without an outer folder, what it holds is the folder', async () => {
    answer = serve(await readFile(join(root, 'two.tgz')));
    assert.deepEqual((await readdir(await get(`${host}/two.tgz`))).sort(), ['readme', 'train']);
    answer = serve(await readFile(join(root, 'flat.tgz')));
    assert.deepEqual(await readdir(await get(`${host}/flat.tgz`)), ['cat']);
  });

  test('goes to a folder of one’s own, if that is free', async () => {
    const dest = join(cacheFolder, 'mine', 'set');
    assert.equal(await get(`${host}/set.tgz`, { dest }), dest);
    assert.deepEqual(await readdir(dest), ['train']);
    await assertFails(get(`${host}/set.tgz`, { dest }), /is not empty; name a new folder/);
    await assertFails(get(`${host}/set.tgz`, { dest: join(root, 'set.tgz') }), /set\.tgz is a file; name a folder/);
    await mkdir(join(cacheFolder, 'empty'));
    assert.deepEqual(await readdir(await get(`${host}/set.tgz`, { dest: join(cacheFolder, 'empty') })), ['train']);
    assert.deepEqual(asked, ['/set.tgz']);
  });

  test('damaged in a way that only unpacking shows: once more; then it is final, and nothing is left', async () => {
    const damaged = Buffer.from(archive);
    damaged.fill(0, damaged.length - 40, damaged.length - 8);
    answer = (...args) => serve(asked.length === 1 ? damaged : archive)(...args);
    assert.deepEqual(await readdir(await get(`${host}/set.tgz`)), ['train']);
    assert.equal(asked.length, 2);

    await rm(cacheFolder, { recursive: true });
    answer = serve(damaged);
    await assertFails(get(`${host}/set.tgz`), /is damaged or not an archive/);
    assert.equal((await readdir(join(cacheFolder, 'datasets'))).filter((name) => !name.endsWith('.tgz')).length, 0);
  });

  test('a file put there by hand is used offline; if it is damaged, it stays', async () => {
    const offline = { env: { ONECYCLE_OFFLINE: '1' } };
    await assertFails(
      get(`${host}/set.tgz`, offline),
      /set-[0-9a-f]{8}\.tgz is not there, and ONECYCLE_OFFLINE forbids/,
    );
    const file = await get(`${host}/set.tgz`).then((folder) => `${folder}.tgz`);
    await rm(file.slice(0, -4), { recursive: true });
    assert.deepEqual(await readdir(await get(`${host}/set.tgz`, offline)), ['train']);
    await rm(file.slice(0, -4), { recursive: true });
    await writeFile(file, archive.subarray(0, archive.length - 20));
    await assertFails(get(`${host}/set.tgz`, offline), /is damaged/);
    assert.equal((await readFile(file)).length, archive.length - 20);
    assert.equal(asked.length, 1);
  });

  test('that breaks off is gone on with', async () => {
    answer = (response, request) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (from > 0) {
        response.writeHead(206, { 'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}` });
        response.end(archive.subarray(from));
        return;
      }
      response.writeHead(200, { 'content-length': archive.length, etag: '"one"' });
      response.write(archive.subarray(0, 100));
    };
    let done = 0;
    const onDownload = (progress: DownloadProgress) => {
      done = progress.done;
      if (done >= 100 && asked.length === 1) server.closeAllConnections();
    };
    assert.deepEqual(await readdir(await get(`${host}/set.tgz`, { onDownload })), ['train']);
    assert.equal(done, archive.length);
    assert.equal(asked.length, 2);
  });

  test('that stalls is asked for again, and redirects are followed', async () => {
    answer = (response, request) => {
      if (asked.length === 1) response.writeHead(302, { location: '/other/set.tgz' }).end();
      else if (asked.length === 2) response.writeHead(200, { 'content-length': archive.length }).write('x');
      else serve(archive)(response, request);
    };
    assert.deepEqual(await readdir(await get(`${host}/set.tgz`, { stallMs: 200, retryDelaysMs: Array(20).fill(0) })), [
      'train',
    ]);
  });

  test('two at the same time both have it', async () => {
    const folders = await Promise.all([get(`${host}/set.tgz`), get(`${host}/set.tgz`)]);
    assert.equal(folders[0], folders[1]);
    assert.deepEqual(await readdir(folders[0] ?? ''), ['train']);
    assert.equal((await readdir(join(cacheFolder, 'datasets'))).length, 2);
  });

  test('what is no address of an archive', async () => {
    await assertFails(get('cifar'), /"cifar" is not the address of an archive; write URLs\.CIFAR/);
    await assertFails(get('pictures'), /"pictures" is not the address of an archive$/);
    await assertFails(get(`${host}/picture.jpg`), /is not the address of a \.tgz/);
    await assertFails(get('ftp://host/set.tgz'), /is not an http or https address/);
  });
});

describe('known sets', () => {
  test('each has an address of its own, a length, a hash, and who made it', () => {
    assert.equal(new Set(Object.values(URLs)).size, KNOWN_SET_NAMES.length);
    for (const name of KNOWN_SET_NAMES) {
      const { address, bytes, md5OfFirstMiB, source, licence } = KNOWN_SETS[name];
      assert.match(address, /^https:\/\/[^/]+\/.+\.tgz$/, name);
      assert.ok(Number.isSafeInteger(bytes) && bytes > 100_000, name);
      assert.match(md5OfFirstMiB, /^[0-9a-f]{32}$/, name);
      assert.ok(URL.canParse(source) && licence.length > 0, name);
    }
  });

  /** The published server is this one: nothing outside of this machine is asked. */
  async function published<T>(use: () => Promise<T>): Promise<T> {
    const real = globalThis.fetch;
    globalThis.fetch = (input, init) => real(String(input).replace('https://s3.amazonaws.com', `${host}/s3`), init);
    try {
      return await use();
    } finally {
      globalThis.fetch = real;
    }
  }

  test('an archive of another length is refused before it is fetched, from mirrors, too', async () => {
    const env = { ONECYCLE_MIRROR: `${host}/mirror` };
    await published(() => assertFails(get(URLs.MNIST_TINY, { env }), /a file of \d+ bytes, not of 342207/));
    assert.deepEqual(asked, [
      '/mirror/s3.amazonaws.com/fast-ai-sample/mnist_tiny.tgz',
      '/s3/fast-ai-sample/mnist_tiny.tgz',
    ]);
    assert.deepEqual(await readdir(join(cacheFolder, 'datasets')), []);
  });

  test('an archive of the right length and another content is refused by its hash', async () => {
    answer = serve(Buffer.alloc(342_207, 7));
    await published(() =>
      assertFails(get(URLs.MNIST_TINY), /the MD5 of its first megabyte is [0-9a-f]{32}, not 56143e/),
    );
    assert.deepEqual(await readdir(join(cacheFolder, 'datasets')), []);
  });

  test('offline, the error names the file to put there, and where it is published', async () => {
    const promise = get(URLs.PETS, { env: { ONECYCLE_OFFLINE: '1' } });
    await assertFails(promise, /Put the file at .*datasets.oxford-iiit-pet\.tgz; it is published at https:.*pet\.tgz$/);
  });
});
