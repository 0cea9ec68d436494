import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { linePlot, savePlot, UserError } from './index.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-plot-'));
after(() => rm(root, { recursive: true }));

const plot = linePlot({ title: 'Nothing', x: { name: 'x' }, y: { name: 'y' }, curves: [] });

test('plots are written as their names say', async () => {
  const png = join(root, 'plot.PNG');
  await savePlot(plot, png, { width: 300, height: 200, density: 144, theme: 'dark' });
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [600, 400]);
  assert.deepEqual([...data.subarray(0, 3)], [0x14, 0x17, 0x1a]);
  await savePlot(plot, join(root, 'plot.svg'));
  assert.match(
    await readFile(join(root, 'plot.svg'), 'utf8'),
    /^<svg[^>]* width="860" height="520"[^>]*><style>@media/,
  );
});

test('bad names and options are refused, and nothing is written', async () => {
  const before = await readdir(root);
  await assert.rejects(savePlot(plot, join(root, 'plot.jpg')), /plot\.jpg must end in \.png or \.svg/);
  await assert.rejects(savePlot(plot, join(root, 'x.png'), { density: 0 }), /density must be a whole number/);
  await assert.rejects(savePlot(plot, join(root, 'x.svg'), { width: 1.5 }), /width must be a whole number/);
  await assert.rejects(savePlot(plot, join(root, 'plot.svg', 'x.svg')), UserError);
  assert.deepEqual(await readdir(root), before);
});
