import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type CodeBlock, codeBlocks } from './testing/markdown.js';
import { PACKAGE, userDocuments } from './testing/package-folder.js';
import { Reader } from './testing/reader.js';

/**
 * Every block of code in README.md and docs/*.md runs but those that are marked `no-run`, in its document's order, as a reader would type it,
 * but smaller. README's make `pictures` and `runs/first`; every other document finds both in a folder of its own.
 */
const reader = await Reader.create();
after(() => reader.close());

/** The same with few pictures, small, and rates given, so that it is a matter of seconds. */
function smaller(code: string): string {
  return code
    .replaceAll('npx onecycle', 'onecycle')
    .replaceAll('onecycle sample pictures', 'onecycle sample pictures --per-class 8')
    .replace(
      /^(onecycle train (?!--resume).*) --size 128/gm,
      '$1 --size 64 --bs 16 --limit-per-class 4 --epochs 1 --finetune-epochs 1 --lr 0.005 --finetune-lr 0.001',
    )
    .replaceAll('size: 128', 'size: 64, bs: 16, limitPerClass: 4')
    .replaceAll('0045.jpg', '0007.jpg')
    .replaceAll('lrFind()', 'lrFind({ numIt: 3 })')
    .replaceAll('fitOneCycle(3', 'fitOneCycle(1');
}

interface Snippet extends CodeBlock {
  readonly document: string;
}

/** `docs/data.md:14`. */
const place = ({ document, line }: Snippet) => `${document}:${line}`;
// In a folder that is named like the document, and on the same lines: that is how a compiler's or a program's words are put down to them.
const fileOf = ({ document, line }: Snippet, extension: string) => join(document, `${line}.${extension}`);
const inDocuments = (text: string) => text.replace(/\/\d+\.ts(?=[:(]\d)/g, '');

const skip = process.platform === 'win32' ? 'the blocks are for a POSIX shell' : false;

test('the code in README.md and docs/*.md runs', { skip }, async (t) => {
  const documents = await userDocuments();
  const snippets: Snippet[] = [];
  for (const document of documents) {
    await mkdir(join(reader.folder, document), { recursive: true });
    const blocks = codeBlocks(await readFile(join(PACKAGE, document), 'utf8')).filter((b) => b.info !== 'no-run');
    snippets.push(...blocks.map((block) => ({ ...block, document })));
  }
  for (const s of snippets) {
    assert.ok(['ts', 'sh'].includes(s.language), `${place(s)}: "${s.language}" would not be tested; mark it no-run`);
  }
  const programs = snippets.filter(({ language }) => language === 'ts');
  for (const s of programs) {
    await writeFile(join(reader.folder, fileOf(s, 'ts')), '\n'.repeat(s.line - 1) + smaller(s.code));
  }
  await t.test('the compiler has nothing to say', () => {
    assert.equal(inDocuments(reader.compile(programs.map((s) => fileOf(s, 'ts')))), '');
  });

  for (const document of documents) {
    if (document !== 'README.md') {
      for (const made of ['pictures', 'runs/first']) {
        await cp(join(reader.folder, 'README.md', made), join(reader.folder, document, made), { recursive: true });
      }
    }
    for (const s of snippets.filter((s) => s.document === document)) {
      const [firstLine = ''] = s.code.split('\n');
      await t.test(`${place(s)} ${firstLine}`, () => {
        if (s.language === 'sh') reader.run(place(s), document, 'sh', ['-e', '-c', smaller(s.code)]);
        else assert.notEqual(reader.runJs(place(s), document, `${s.line}.js`), '', `${place(s)} prints nothing`);
      });
    }
  }
});
