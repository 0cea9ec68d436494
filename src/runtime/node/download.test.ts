import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { UserError } from '../../core/errors.js';
import type { DownloadProgress, DownloadSource } from '../download.js';
import { type DownloadOptions, download } from './download.js';
import { releasedName } from './partial.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-download-'));
const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const HALF = 100_000;

type Handler = (request: IncomingMessage, response: ServerResponse, n: number) => void;
let handler: Handler;
let requests: IncomingMessage[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  handler(request, response, requests.length);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
const address = `http://${host}/models/net-${SHA256.slice(0, 8)}.pth?download=true`;

after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true });
});

let count = 0;
let folder = '';
beforeEach(() => {
  requests = [];
  folder = join(root, `cache${count++}`, 'weights');
  handler = serve();
});

/** Answers as a good server does: ranges, entity tags. */
function serve(content: Buffer = CONTENT, tag = '"one"'): Handler {
  return (request, response) => {
    const from = rangeOf(request);
    response.setHeader('etag', tag);
    if (from > 0 && request.headers['if-range'] === tag) {
      response.writeHead(206, { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` });
      response.end(content.subarray(from));
      return;
    }
    response.writeHead(200, { 'content-length': content.length });
    response.end(content);
  };
}

function rangeOf(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

/** Sends the first half, and then does something else. */
function half(
  then: (response: ServerResponse) => void,
  headers: Readonly<Record<string, string>> = { etag: '"one"' },
): Handler {
  return (_, response) => {
    response.writeHead(200, { 'content-length': CONTENT.length, ...headers });
    response.write(CONTENT.subarray(0, HALF), () => then(response));
  };
}

/** One handler for each request in turn, the last for all further ones. */
function inTurn(...handlers: readonly Handler[]): Handler {
  return (request, response, n) => (handlers[n - 1] ?? handlers.at(-1))?.(request, response, n);
}

const answer =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Handler =>
  (_, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

const SOURCE: DownloadSource = { address, file: 'net.pth', sha256: SHA256.slice(0, 8), bytes: CONTENT.length };

/** Time-outs are short where a test is about them, and never reached elsewhere. */
function get(source: Partial<DownloadSource> = {}, options: Partial<DownloadOptions> = {}): Promise<string> {
  return download({ ...SOURCE, ...source }, { folder, retryDelaysMs: [0, 0], env: {}, ...options });
}

/** The file is there and right, and nothing else is. */
async function assertGood(path: string): Promise<void> {
  assert.equal(path, join(folder, 'net.pth'));
  assert.ok(CONTENT.equals(await readFile(path)));
  assert.deepEqual(await readdir(folder), ['net.pth']);
}

async function assertFails(promise: Promise<string>, ...patterns: readonly RegExp[]): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

describe('a server that does as it should', () => {
  test('the file comes, with progress, and is not asked for again', async () => {
    const seen: DownloadProgress[] = [];
    await assertGood(await get({}, { onProgress: (p) => seen.push(p) }));
    assert.deepEqual(seen.at(-1), { file: 'net.pth', done: CONTENT.length, total: CONTENT.length });
    assert.ok(seen.every((p, i) => p.done >= (seen[i - 1]?.done ?? 0)));
    await assertGood(await get());
    assert.equal(requests.length, 1);
    assert.equal(requests[0]?.headers['accept-encoding'], 'identity');
  });

  test('the whole hash is compared where it is given; capitals are fine', async () => {
    await assertGood(await get({ sha256: SHA256.toUpperCase() }));
  });

  test('the MD5 of the first megabyte is compared where it is given, and says nothing of the rest', async () => {
    const large = Buffer.concat([Buffer.alloc(1 << 20, 7), CONTENT]);
    const md5OfFirstMiB = createHash('md5')
      .update(Buffer.alloc(1 << 20, 7))
      .digest('hex');
    const source = { address, file: 'net.pth', bytes: large.length, md5OfFirstMiB };
    handler = serve(large);
    assert.ok(large.equals(await readFile(await download(source, { folder, env: {} }))));
    await writeFile(join(folder, 'net.pth'), Buffer.concat([Buffer.alloc(1 << 20, 7), Buffer.alloc(CONTENT.length)]));
    await download(source, { folder, env: {} });
    assert.equal(requests.length, 1);
    await writeFile(join(folder, 'net.pth'), Buffer.alloc(large.length));
    assert.ok(large.equals(await readFile(await download(source, { folder, env: {} }))));
    handler = serve(Buffer.alloc(large.length));
    await rm(folder, { recursive: true });
    await assertFails(
      download(source, { folder, env: {}, retryDelaysMs: [0, 0] }),
      /MD5 of its first megabyte is [0-9a-f]{32}, not/,
    );
  });

  test('a file that is there but damaged is fetched anew', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'net.pth'), Buffer.alloc(CONTENT.length));
    await assertGood(await get());
    await writeFile(join(folder, 'net.pth'), 'short');
    await assertGood(await get());
    assert.equal(requests.length, 2);
  });

  test('without a length or hash, what comes is taken', async () => {
    const plain = { address, file: 'net.pth' };
    await assertGood(await download(plain, { folder, env: {} }));
  });

  test('redirects are followed', async () => {
    handler = (request, response, n) => {
      if (request.url === '/cdn/file') return serve()(request, response, n);
      response.writeHead(302, { location: '/cdn/file' });
      response.end();
    };
    await assertGood(await get());
  });
});

describe('a server that breaks off', () => {
  const assertGoneOn = (): void => {
    assert.equal(requests[0]?.headers.range, undefined);
    assert.equal(requests.at(-1)?.headers.range, `bytes=${HALF}-`);
    assert.equal(requests.at(-1)?.headers['if-range'], '"one"');
  };

  test('truncates: the next attempt goes on', async () => {
    handler = inTurn(
      half((r) => r.destroy()),
      serve(),
    );
    await assertGood(await get());
    assertGoneOn();
  });

  test('stalls: likewise', async () => {
    handler = (request, response, n) => (rangeOf(request) > 0 ? serve() : half(() => {}))(request, response, n);
    await assertGood(await get({}, { stallMs: 300, retryDelaysMs: Array(20).fill(0) }));
    assertGoneOn();
  });

  test('does not answer at all', async () => {
    handler = inTurn(() => {}, serve());
    await assertGood(await get({}, { stallMs: 100 }));
    handler = () => {};
    await rm(folder, { recursive: true });
    await assertFails(get({}, { stallMs: 20 }), /nothing came for 0\.02 s/);
  });

  test('ignores ranges: from the beginning', async () => {
    handler = inTurn(
      half((r) => r.destroy()),
      (_, response) => response.end(CONTENT),
    );
    await assertGood(await get());
  });

  test('always truncates, and ignores ranges: given up', async () => {
    handler = half((r) => r.destroy());
    await assertFails(get(), /net\.pth cannot be downloaded: http/, /Put the file at .*net\.pth; it is published at/);
    assert.equal(requests.length, 3);
  });

  test('has another file by then: from the beginning', async () => {
    handler = inTurn(
      half((r) => r.destroy(), { etag: '"old"' }),
      serve(),
    );
    await assertGood(await get());
    assert.equal(requests[1]?.headers['if-range'], '"old"');
  });

  test('has only a weak tag, or none: ranges are not asked for', async () => {
    for (const headers of [{ etag: 'W/"one"' }, {}]) {
      requests = [];
      handler = inTurn(
        half((r) => r.destroy(), headers),
        serve(),
      );
      await assertGood(await get());
      assert.equal(requests[1]?.headers.range, undefined);
      await rm(folder, { recursive: true });
    }
  });

  test('has a time of modification instead of a tag', async () => {
    const time = 'Wed, 21 Oct 2015 07:28:00 GMT';
    handler = inTurn(
      half((r) => r.destroy(), { 'last-modified': time }),
      serve(),
    );
    await assertGood(await get());
    assert.equal(requests[1]?.headers['if-range'], time);
  });

  test('goes on in the wrong place, or says that there is no such range', async () => {
    const wrong: readonly Handler[] = [
      answer(206, { 'content-range': `bytes 0-9/${CONTENT.length}` }, '0123456789'),
      answer(206, {}, '0123456789'),
      answer(416, { 'content-range': `bytes */${CONTENT.length}` }),
    ];
    for (const handle of wrong) {
      requests = [];
      handler = inTurn(
        half((r) => r.destroy()),
        handle,
        serve(),
      );
      await assertGood(await get());
      assert.equal(requests[2]?.headers.range, undefined);
      await rm(folder, { recursive: true });
    }
  });

  test('drops every connection', async () => {
    handler = (request) => request.socket.destroy();
    await assertFails(get(), /net\.pth cannot be downloaded: http:\/\/127/);
    assert.equal(requests.length, 3);
    assert.deepEqual(await readdir(folder), []);
  });

  test('is not there', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    await assertFails(get({ address: `http://127.0.0.1:${port}/net.pth` }), /cannot be downloaded: http.*ECONNREFUSED/);
  });
});

describe('a server that refuses', () => {
  test('404 is final, and says where to put what', async () => {
    handler = answer(404);
    await assertFails(
      get(),
      /answers 404 \(Not Found\)/,
      new RegExp(`Put the file at ${join(folder, 'net.pth')}; it is published at http`),
    );
    assert.equal(requests.length, 1);
  });

  test('500, 503 and 429 pass', async () => {
    handler = inTurn(answer(500), answer(503), serve());
    await assertGood(await get());
    await rm(folder, { recursive: true });
    requests = [];
    handler = inTurn(answer(429, { 'retry-after': '0' }), serve());
    await assertGood(await get());
  });

  test('500 for ever', async () => {
    handler = answer(500);
    await assertFails(get(), /answers 500/);
    assert.equal(requests.length, 3);
  });

  test('429 that asks for an hour is not waited for', async () => {
    handler = answer(429, { 'retry-after': '3600' });
    await assertFails(get(), /answers 429 .* asks to wait for 3600 s/);
    assert.equal(requests.length, 1);
  });

  test('redirects that go round are final', async () => {
    handler = (_, response) => {
      response.writeHead(302, { location: '/models/again' });
      response.end();
    };
    await assertFails(get(), /redirect count exceeded/);
    assert.ok(requests.length < 30);
  });

  test('a redirect to a file', async () => {
    handler = answer(302, { location: 'file:///etc/passwd' });
    await assertFails(get(), /cannot be downloaded/);
  });
});

describe('a server that lies', () => {
  test('about the length: longer than it is', async () => {
    handler = (_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length + 10 });
      response.write(CONTENT);
      response.socket?.end();
    };
    await assertFails(get({ bytes: CONTENT.length + 10 }), /cannot be downloaded/);
  });

  test('about the length: another than is known', async () => {
    await assertFails(get({ bytes: 7 }), /a file of 200000 bytes, not of 7/);
    assert.equal(requests.length, 1);
    assert.deepEqual(await readdir(folder), []);
  });

  test('by sending without end', async () => {
    handler = (_, response) => {
      response.on('error', () => {});
      const more = (): void => {
        while (response.write(CONTENT));
        response.once('drain', more);
      };
      more();
    };
    await assertFails(get(), /sends more than 200000 bytes/);
  });

  test('by sending another file: one more attempt, then it is final, and nothing is left', async () => {
    handler = serve(Buffer.alloc(CONTENT.length));
    await assertFails(get(), /damaged, or another file: its SHA-256 is [0-9a-f]{8}, not/);
    assert.equal(requests.length, 2);
    assert.deepEqual(await readdir(folder), []);
  });

  test('by a page that says that one must log in', async () => {
    handler = answer(200, { 'content-type': 'text/html' }, '<html>log in</html>');
    await assertFails(get(), /bytes/);
    const { bytes: _, ...unknown } = SOURCE;
    await assertFails(download(unknown, { folder, env: {}, retryDelaysMs: [0, 0] }), /SHA-256/);
  });

  test('a part that is damaged is not gone on with for ever', async () => {
    const broken = Buffer.alloc(HALF);
    handler = inTurn((_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length, etag: '"one"' });
      response.write(broken, () => response.destroy());
    }, serve());
    await assertGood(await get());
    assert.equal(requests.length, 3);
  });
});

describe('without a network, and with mirrors', () => {
  const offline = { env: { ONECYCLE_OFFLINE: '1' } };

  test('offline, the error says which file to put where', async () => {
    await assertFails(
      get({}, offline),
      /net\.pth is not there, and ONECYCLE_OFFLINE forbids/,
      new RegExp(`Put the file at ${join(folder, 'net.pth')}; it is published at ${address.replace('?', '\\?')}`),
    );
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'net.pth'), 'wrong');
    await assertFails(get({}, offline), /is not the right file \(it has 5 bytes, not 200000\)/);
    await writeFile(join(folder, 'net.pth'), CONTENT);
    await assertGood(await get({}, offline));
    assert.equal(requests.length, 0);
  });

  test('ONECYCLE_OFFLINE=0 is as good as none', async () => {
    await assertGood(await get({}, { env: { ONECYCLE_OFFLINE: '0' } }));
  });

  test('mirrors are asked first, in their order; the address itself comes last', async () => {
    handler = (request, response, n) => {
      if (request.url?.startsWith('/second/')) return serve()(request, response, n);
      answer(404)(request, response, n);
    };
    const mirrors = `http://${host}/first/ http://${host}/second`;
    await assertGood(
      await get({ address: 'https://example.invalid/a/net.pth?x=1' }, { env: { ONECYCLE_MIRROR: mirrors } }),
    );
    assert.deepEqual(
      requests.map((r) => r.url),
      ['/first/example.invalid/a/net.pth?x=1', '/second/example.invalid/a/net.pth?x=1'],
    );
    await rm(folder, { recursive: true });
    handler = (request, response, n) => {
      (request.url?.startsWith('/first/') ? answer(404) : serve())(request, response, n);
    };
    await assertGood(await get({}, { env: { ONECYCLE_MIRROR: `http://${host}/first` } }));
  });

  test('all failures are told', async () => {
    handler = answer(404);
    await assertFails(
      get({}, { env: { ONECYCLE_MIRROR: `http://${host}/m` } }),
      new RegExp(`/m/${host}.*404.*; http://${host}/models/.*404`),
    );
  });

  test('a mirror that is no address', async () => {
    await assertFails(
      get({}, { env: { ONECYCLE_MIRROR: '/mnt/mirror' } }),
      /ONECYCLE_MIRROR "\/mnt\/mirror" is not an http/,
    );
  });
});

describe('several that fetch the same', () => {
  test('at the same time: both have the file, and nothing else is left', async () => {
    const waiting: (() => void)[] = [];
    handler = (request, response, n) => {
      waiting.push(() => serve()(request, response, n));
      // Both are under way before either goes on.
      if (waiting.length === 2) for (const go of waiting) go();
    };
    const [a, b] = await Promise.all([get(), get()]);
    assert.equal(a, b);
    await assertGood(a);
  });

  test('what a process that has died left is gone on with; that of a living one is not touched', async () => {
    const left = (pid: number) => releasedName(join(folder, 'net.pth')).replace(/-0-([0-9a-f]+)$/, `-${pid}-$1`);
    // Process numbers end far below this one.
    const [dead, alive] = [left(999_999_999), left(process.ppid)];
    for (const [path, bytes] of [
      [dead, HALF],
      [alive, HALF + 1],
    ] as const) {
      await mkdir(path, { recursive: true });
      await writeFile(join(path, 'data'), CONTENT.subarray(0, bytes));
      await writeFile(join(path, 'origin.json'), JSON.stringify({ address, validator: '"one"' }));
    }
    const path = await get();
    assert.ok(CONTENT.equals(await readFile(path)));
    assert.deepEqual(
      requests.map((r) => r.headers.range),
      [`bytes=${HALF}-`],
    );
    assert.equal((await readdir(folder)).length, 2);
  });

  test('after a failure, the next call goes on where it ended', async () => {
    handler = inTurn(
      half((r) => r.destroy()),
      answer(404),
    );
    await assertFails(get(), /404/);
    handler = serve();
    await assertGood(await get());
    assert.equal(requests.at(-1)?.headers.range, `bytes=${HALF}-`);
  });

  test('what had come whole is not fetched again', async () => {
    const left = releasedName(join(folder, 'net.pth'));
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'data'), CONTENT);
    await writeFile(join(left, 'origin.json'), JSON.stringify({ address, validator: '"one"', total: CONTENT.length }));
    await assertGood(await get());
    assert.equal(requests.length, 0);
  });

  test('a note of where it came from that is damaged: from the beginning', async () => {
    const left = releasedName(join(folder, 'net.pth'));
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'data'), 'not of this file');
    await writeFile(join(left, 'origin.json'), '{"addr');
    await assertGood(await get());
    assert.equal(requests[0]?.headers.range, undefined);
  });

  test('can be stopped, and gone on with', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    handler = half(() => {});
    const stopped = get(
      {},
      { signal: controller.signal, onProgress: ({ done }) => done === HALF && controller.abort(reason) },
    );
    await assert.rejects(stopped, (error) => !(error instanceof UserError));
    handler = serve();
    await assertGood(await get());
    assert.equal(requests.at(-1)?.headers.range, `bytes=${HALF}-`);
  });
});

test('names and addresses that are no good', async () => {
  for (const file of ['', '.', '..', '../x', 'a/b', 'a\\b', '/etc/x', 'c:x', 'a\0b'])
    await assertFails(get({ file }), /is no name for a file/);
  for (const bad of ['', 'net.pth', 'file:///etc/passwd', 'ftp://host/x', 'http://']) {
    await assertFails(get({ address: bad }), /is not an http or https address/);
  }
});

test('a folder that cannot be written', async () => {
  await writeFile(join(root, 'file'), '');
  await assertFails(get({}, { folder: join(root, 'file', 'cache') }), /cannot be written: .*Set ONECYCLE_HOME/);
});
