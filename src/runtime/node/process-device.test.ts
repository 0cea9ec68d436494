import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GraphBuilder } from '../../graph/builder.js';
import { modelOf } from '../../graph/model.js';
import { writeModel } from '../../graph/onnx.js';
import { float32 } from '../../graph/types.js';
import { LocalDevice } from './local-device.js';
import { ProcessDevice } from './process-device.js';

test('a profile that is asked for is whole once the device is closed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'onecycle-profile-'));
  t.after(() => rm(folder, { recursive: true }));
  const b = new GraphBuilder('relu');
  const y = b.output(b.op('Relu', [b.input('x', 'float32', [2])]));
  const device = new ProcessDevice();
  const id = await device.load(writeModel(modelOf(b.finish())), { profile: join(folder, 'relu') });
  const outputs = await device.run(id, { feeds: { x: float32([2], [-1, 1]) }, resident: {}, keep: {}, fetch: [y] });
  assert.deepEqual([...(outputs[y]?.data ?? [])], [0, 1]);
  await device.close();
  const [file = '', ...others] = await readdir(folder);
  assert.ok(file.startsWith('relu') && others.length === 0);
  const events: { name: string }[] = JSON.parse(await readFile(join(folder, file), 'utf8'));
  assert.ok(events.some(({ name }) => name.startsWith('Relu')));
});

test('outputs that may be written in place replace what is stored, and what was written or read before stays', async () => {
  const b = new GraphBuilder('step');
  const y = b.output(b.op('Add', [b.input('x', 'float32', [2]), b.scalar(1)]));
  const device = new LocalDevice();
  const id = await device.load(writeModel(modelOf(b.finish())));
  const given = float32([2], [1, 2]);
  await device.write({ stored: given });
  const before = await device.read(['stored']);
  const request = { feeds: {}, resident: { x: 'stored' }, keep: { [y]: 'stored' }, inPlace: [y], fetch: [] };
  for (let i = 0; i < 2; i++) await device.run(id, request);
  const after = await device.read(['stored']);
  assert.deepEqual([...(after.stored?.data ?? [])], [3, 4]);
  assert.deepEqual([...(before.stored?.data ?? [])], [1, 2]);
  assert.deepEqual([...given.data], [1, 2]);
  await device.close();
});
