import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { extract } from 'tar';
import { UserError } from '../core/errors.js';
import { generateSampleSet } from '../data/index.js';
import { checkData, type FindingKind } from './index.js';
import { falseAlarms, missed, plant } from './testing/plant.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-audit-'));
after(() => rm(root, { recursive: true }));

/** The pictures of a split, in turns of classes, so that neighbours differ. */
async function pictures(folder: string, split: string): Promise<string[]> {
  const classes = (await readdir(join(folder, split))).sort();
  const lists = await Promise.all(classes.map(async (c) => (await readdir(join(folder, split, c))).sort()));
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) =>
    lists.flatMap((list, c) => (list[i] === undefined ? [] : [`${split}/${classes[c]}/${list[i]}`])),
  ).flat();
}

const WITHOUT_DOUBT: FindingKind[] = ['unreadable', 'corrupt', 'wrong-extension', 'duplicate', 'empty-class'];

test('every planted defect of a drawn set is found, and no other', async () => {
  const folder = join(root, 'drawn');
  await generateSampleSet(folder, { perClass: 12, validPct: 0.4, seed: 1 });
  const clean = await checkData(folder);
  assert.deepEqual(clean.findings, []);
  assert.equal(clean.pictures, 96);
  assert.deepEqual(clean.splits, ['train', 'valid']);
  assert.ok(clean.counts.every(({ bySplit }) => bySplit.train === 7 && bySplit.valid === 5));
  assert.deepEqual(clean.formats, { jpeg: 96 });
  assert.deepEqual(clean.modes, { RGB: 96 });
  assert.ok(clean.sizes && clean.sizes.width.min >= 96 && clean.sizes.width.max <= 160);

  const planted = await plant(folder, await pictures(folder, 'train'), await pictures(folder, 'valid'), 1);
  const report = await checkData(folder);
  assert.deepEqual(missed(report, planted), []);
  assert.deepEqual(falseAlarms(report, planted, ...WITHOUT_DOUBT, 'near-duplicate'), []);
  const across = report.findings.filter((f) => f.acrossSplits);
  assert.ok(across.some(({ kind, severity }) => kind === 'duplicate' && severity === 'error'));
  assert.ok(report.findings.some((f) => f.kind === 'duplicate' && f.labelsDiffer));
  assert.equal(report.errors + report.warnings, report.findings.length);
});

const archive = fileURLToPath(new URL('../../../shared/data/cifar10.tgz', import.meta.url));
const skip = existsSync(archive) ? false : `there is no ${archive}`;

test('every one of 50 defects in CIFAR-10 is found', { skip }, async () => {
  const folder = join(root, 'cifar');
  await mkdir(folder);
  // Only the first pictures of each class: unpacking them all takes minutes.
  const first = (path: string) => Number(/(\d+)\.jpg$/.exec(path)?.[1] ?? 0) <= (path.includes('/train/') ? 40 : 12);
  await extract({ file: archive, cwd: folder, strip: 1, filter: first });
  const planted = await plant(folder, await pictures(folder, 'train'), await pictures(folder, 'test'), 2);
  assert.equal(planted.length, 50);
  const report = await checkData(folder);
  assert.deepEqual(missed(report, planted), []);
  assert.deepEqual(falseAlarms(report, planted, ...WITHOUT_DOUBT), []);
});

test('plain pictures are no near duplicates, and equal ones are duplicates', async () => {
  const folder = join(root, 'plain');
  for (const [label, grey] of [
    ['dark', 40],
    ['light', 200],
  ] as const) {
    await mkdir(join(folder, label), { recursive: true });
    for (const i of [0, 1, 2]) {
      const background = { r: grey + i, g: grey + 2 * i, b: grey - i };
      const picture = sharp({ create: { width: 32, height: 32, channels: 3, background } });
      await picture.png().toFile(join(folder, label, `${i}.png`));
    }
  }
  assert.deepEqual((await checkData(folder)).findings, []);
  await sharp(join(folder, 'dark', '0.png'))
    .jpeg()
    .toFile(join(folder, 'light', 'same.jpg'));
  const { findings, errors } = await checkData(folder);
  assert.deepEqual(
    findings.map(({ kind, labelsDiffer, files }) => [kind, labelsDiffer, files.map(({ file }) => file)]),
    [['duplicate', true, ['dark/0.png', 'light/same.jpg']]],
  );
  assert.equal(errors, 1);
});

test('classes: missing in a split, few pictures, and what lies beside them', async () => {
  const folder = join(root, 'classes');
  const noise = async (file: string, seed: number) => {
    const pixels = Uint8Array.from(
      { length: 24 * 24 * 3 },
      (_, i) => (Math.imul(i + 1, 2654435761 + 97 * seed) >>> 13) & 255,
    );
    await sharp(pixels, { raw: { width: 24, height: 24, channels: 3 } })
      .png()
      .toFile(join(folder, file));
  };
  for (const dir of ['train/many', 'train/few', 'train/none', 'valid/many', 'valid/new']) {
    await mkdir(join(folder, dir), { recursive: true });
  }
  for (let i = 0; i < 11; i++) await noise(`train/many/${i}.png`, i);
  await noise('train/few/0.png', 20);
  await noise('valid/many/0.png', 21);
  await noise('valid/new/0.png', 22);
  await noise('train/stray.png', 23);
  await noise('train/many/nameless.png', 24);
  await cp(join(folder, 'train/many/nameless.png'), join(folder, 'train/many/nameless'));
  await rm(join(folder, 'train/many/nameless.png'));
  await writeFile(join(folder, 'train/many/notes.txt'), 'words');
  await writeFile(join(folder, 'train/many/scan.jxl'), 'bytes');
  const { findings, balance } = await checkData(folder);
  assert.deepEqual(
    findings.map(({ kind, severity, label, files }) => `${severity} ${kind} ${label ?? files[0]?.file}`),
    [
      'warning wrong-extension train/many/nameless',
      'warning unsupported train/many/scan.jxl',
      'warning unlabelled train/stray.png',
      'error empty-class none',
      'warning missing-class few',
      'error missing-class new',
      'warning imbalance few',
    ],
  );
  assert.deepEqual(balance[0]?.ratio, 11);
});

test('one class alone is an error', async () => {
  const { findings, errors } = await checkData(join(root, 'plain'), { cacheFolder: root });
  assert.ok(!findings.some(({ kind }) => kind === 'missing-class'));
  await mkdir(join(root, 'alone'));
  await cp(join(root, 'plain', 'dark'), join(root, 'alone', 'dark'), { recursive: true });
  const alone = await checkData(join(root, 'alone'));
  assert.deepEqual(
    alone.findings.map(({ kind, severity, label }) => [kind, severity, label]),
    [['missing-class', 'error', 'dark']],
  );
  assert.equal(errors, 1);
});

test('a path or layout that is no good is told', async () => {
  const told = (pattern: RegExp) => (error: unknown) => error instanceof UserError && pattern.test(error.message);
  await mkdir(join(root, 'empty'));
  await writeFile(join(root, 'words.txt'), 'words');
  await assert.rejects(checkData(join(root, 'nowhere')), told(/There is no folder or archive/));
  await assert.rejects(checkData(join(root, 'words.txt')), told(/neither a folder nor a/));
  await assert.rejects(checkData(join(root, 'empty')), told(/no folders of classes/));
  await assert.rejects(checkData(join(root, 'plain'), { valid: 'test' }), told(/no folder "test"/));
});
