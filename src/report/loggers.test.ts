import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { FitPosition } from '../train/callback.js';
import { JsonLinesLogger, TensorBoardLogger } from '../train/callbacks/index.js';
import { tinyLearner } from '../train/testing/tiny-learner.js';
import { CSVLogger } from './csv-logger.js';
import { ShowGraph } from './show-graph.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-loggers-'));
after(() => rm(root, { recursive: true }));

/** CRC-32C bit by bit, masked as TensorFlow's records have it. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** [step, tag, value] of each scalar in an event file; all checksums must be right. */
function eventsOf(file: Uint8Array): { version: string; scalars: [number, string, number][] } {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const scalars: [number, string, number][] = [];
  let version = '';
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const data = file.subarray(at + 12, at + 12 + length);
    assert.equal(view.getUint32(at + 8, true), maskedCrc(file.subarray(at, at + 8)));
    assert.equal(view.getUint32(at + 12 + length, true), maskedCrc(data));
    let step = 0;
    const event = new BinaryReader(data);
    while (event.pos < event.len) {
      const [field, type] = event.tag();
      if (field === 1) assert.ok(event.double() > 1.7e9);
      else if (field === 2) step = Number(event.int64());
      else if (field === 3) version = event.string();
      else if (field === 5) {
        const summary = new BinaryReader(event.bytes());
        while (summary.pos < summary.len) {
          assert.equal(summary.tag()[0], 1);
          const value = new BinaryReader(summary.bytes());
          assert.equal(value.tag()[0], 1);
          const tag = value.string();
          assert.equal(value.tag()[0], 2);
          scalars.push([step, tag, value.float()]);
        }
      } else event.skip(type);
    }
    at += 16 + length;
  }
  return { version, scalars };
}

const path = (...parts: string[]) => join(root, ...parts);
const text = (...parts: string[]) => readFile(path(...parts), 'utf8');

/** Two fits one after another, or the same stopped in the middle of the second and resumed by another learner. */
async function run(name: string, stopped: boolean): Promise<void> {
  const callbacks = () => [
    new CSVLogger(path(name, 'log.csv')),
    new JsonLinesLogger(path(name, 'log.jsonl')),
    new TensorBoardLogger(path(name, 'board')),
    new ShowGraph(path(name, 'graph.svg')),
  ];
  const checkpoint = path(name, 'checkpoint');
  const first = await tinyLearner({ callbacks: callbacks() });
  let from: FitPosition | undefined;
  try {
    await first.fit(1, 1e-3);
    let batches = 0;
    if (stopped) {
      const outcome = await first.fit(2, 1e-3, {
        callbacks: [
          {
            order: 99,
            async onBatchEnd(state) {
              // The checkpoint is of the epoch's beginning; what comes after it is lost.
              if (++batches === 3) await first.save(checkpoint);
              state.stop = batches === 5;
            },
            onEpochEnd: async (state) => {
              from = { ...state.position(), epoch: 1, batch: 0, epochLoss: 0 };
              await first.save(checkpoint);
            },
          },
        ],
      });
      assert.equal(outcome.finished, false);
    } else await first.fit(2, 1e-3);
  } finally {
    await first.close();
  }
  if (from === undefined) return;
  const second = await tinyLearner({ callbacks: callbacks() });
  try {
    await second.load(checkpoint);
    await second.fit(2, 1e-3, { from });
  } finally {
    await second.close();
  }
}

test('logs hold every batch and epoch of all fits once, however often a run was stopped', async () => {
  await run('whole', false);
  await run('parts', true);
  for (const name of ['whole', 'parts']) {
    const rows = (await text(name, 'log.csv')).trim().split('\n');
    assert.equal(rows[0], 'epoch,train_loss,valid_loss,accuracy,seconds');
    assert.deepEqual(
      rows.slice(1).map((row) => row.split(',')[0]),
      ['0', '0', '1'],
    );

    const lines = (await text(name, 'log.jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.flatMap((l) => ('iteration' in l ? [l.iteration] : [])),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal(lines.filter((l) => 'validLoss' in l && l.metrics.accuracy >= 0).length, 3);

    const { version, scalars } = eventsOf(await readFile(path(name, 'board', 'events.out.tfevents.onecycle')));
    assert.equal(version, 'brain.Event:2');
    const losses = scalars.filter(([, tag]) => tag === 'loss/train');
    assert.deepEqual(
      losses.map(([step]) => step),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    const batches = lines.filter((l) => 'iteration' in l);
    assert.deepEqual(
      losses.map(([, , value]) => value),
      batches.map(({ loss }) => Math.fround(loss)),
    );
    const tags = new Set(scalars.map(([, tag]) => tag));
    for (const tag of ['loss/valid', 'metrics/accuracy', 'optimizer/lr_0', 'optimizer/momentum'])
      assert.ok(tags.has(tag), tag);

    assert.match(await text(name, 'graph.svg'), /^<svg/);
  }
  const numbers = async (name: string) => (await text(name, 'log.csv')).replaceAll(/,[\d.]+$/gm, '');
  assert.equal(await numbers('parts'), await numbers('whole'));
});

test("a checkpoint after the finder still holds the logs' states", async () => {
  const callbacks = () => [new CSVLogger(path('found', 'log.csv'))];
  const first = await tinyLearner({ callbacks: callbacks() });
  const second = await tinyLearner({ callbacks: callbacks() });
  try {
    await first.fit(1, 1e-3);
    await first.lrFind({ numIt: 3 });
    await first.save(path('found', 'checkpoint'));
    await second.load(path('found', 'checkpoint'));
    await second.lrFind({ numIt: 3 });
    await second.fit(1, 1e-3);
  } finally {
    await first.close();
    await second.close();
  }
  assert.equal((await text('found', 'log.csv')).trim().split('\n').length, 3);
});
