import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { anchors, links } from './testing/markdown.js';
import { PACKAGE, userDocuments } from './testing/package-folder.js';

const read = (document: string) => readFile(join(PACKAGE, document), 'utf8');
const documents = await userDocuments();

test('links between documents lead to files and headings that are there', async () => {
  const broken: string[] = [];
  for (const document of [...documents, 'ARCHITECTURE.md', 'CHANGELOG.md']) {
    for (const { target, line } of links(await read(document))) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      const there = existsSync(join(PACKAGE, file)) && (anchor === undefined || anchors(await read(file)).has(anchor));
      if (!there) broken.push(`${document}:${line}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('README.md leads to every document', async () => {
  const targets = new Set(links(await read('README.md')).map(({ target }) => target));
  for (const document of documents.slice(1)) assert.ok(targets.has(document), `README.md has no link to ${document}`);
});
