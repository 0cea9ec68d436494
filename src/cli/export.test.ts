import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { z } from 'zod';
import { generateSampleSet, loadImage } from '../data/index.js';
import { readModel } from '../graph/onnx.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-export-'));
after(() => rm(root, { recursive: true }));
const run = (args: string) => onecycle(args.split(' '), { cwd: root, env: { ONECYCLE_HOME: join(root, 'cache') } });

const Exported = z.object({
  format: z.string(),
  calibration: z.string().optional(),
  keepFloat: z.string().optional(),
  results: z.tuple([
    z.object({ format: z.literal('float32'), bytes: z.number(), agreement: z.literal(1), imagesPerSecond: z.number() }),
    z.object({
      format: z.string(),
      bytes: z.number(),
      pictures: z.literal(16),
      agreement: z.number(),
      difference: z.number(),
      metrics: z.object({ accuracy: z.object({ value: z.number(), low: z.number(), high: z.number() }) }),
    }),
  ]),
});

/** What an ordinary session says of a picture. */
async function probabilitiesOf(file: string): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(join(root, file));
  const picture = await loadImage(join(root, 'pictures', 'valid', 'star', '0010.jpg'), 32);
  const pixels = Float32Array.from(picture, (x) => x / 255);
  const { probabilities } = await session.run({ image: new ort.Tensor('float32', pixels, [1, 3, 32, 32]) });
  assert.ok(probabilities?.data instanceof Float32Array);
  return probabilities.data;
}

describe('export', () => {
  before(async () => {
    await generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'star'], perClass: 16, validPct: 0.5 });
    const args = '--arch simple_cnn --size 32 --bs 4 --epochs 2 --lr 0.003 --no-tta --out out';
    const trained = await run(`train pictures ${args}`);
    assert.equal(trained.code, 0, trained.stderr);
  });

  for (const [format, share, most] of [
    ['float16', 0.6, 2e-3],
    ['int8', 0.45, 0.1],
  ] as const) {
    test(`${format}: smaller, close to float32, measured beside it, in an ordinary session`, async () => {
      const made = await run(
        `export out --out ${format}.onnx --format ${format} --calibrate-on 16 --json --quiet`.replace(
          format === 'int8' ? '~' : ' --calibrate-on 16',
          '',
        ),
      );
      assert.equal(made.code, 0, made.stderr);
      const { results, calibration } = Exported.parse(JSON.parse(made.stdout));
      assert.equal(calibration !== undefined, format === 'int8');
      assert.ok(results[1].bytes < share * results[0].bytes, `${results[1].bytes} of ${results[0].bytes} bytes`);
      assert.ok(results[1].difference < most, `outputs differ by ${results[1].difference} on average`);
      const [exported, original] = [await probabilitiesOf(`${format}.onnx`), await probabilitiesOf('out/model.onnx')];
      exported.forEach((p, c) => {
        assert.ok(Math.abs(p - (original[c] ?? 0)) < 5 * most);
      });
      const again = await run(`evaluate ${format}.onnx pictures --json --quiet`);
      assert.match(again.stdout, new RegExp(`"value": ${results[1].metrics.accuracy.value}`));
    });
  }

  test('int8 is in integers with a scale for each channel, but for the layers that are kept', async () => {
    const weights = async (kept: string) => {
      const { code, stderr } = await run(
        `export out pictures --out ${kept}.onnx --format int8 --calibration minmax --keep-float ${kept} --calibrate-on 8`,
      );
      assert.equal(code, 0, stderr);
      const { graph } = readModel(await readFile(join(root, `${kept}.onnx`)));
      return [...graph.initializers.values()].filter(({ dtype, dims }) => dtype === 'int8' && dims.length > 1);
    };
    const [all, inner] = [await weights('none'), await weights('ends')];
    assert.equal(all.length, inner.length + 2);
    for (const { data } of all) assert.ok(data.some((w) => Math.abs(Number(w)) === 127));
  });

  test('float32 without pictures is a copy; bad input is told and writes nothing', async () => {
    const copied = await run('export out/model.onnx --out copy.onnx');
    assert.equal(copied.code, 0, copied.stderr);
    assert.match(copied.stdout, /^format +size\nfloat32 +\d+\.\d\d MB\n$/);
    assert.deepEqual(await probabilitiesOf('copy.onnx'), await probabilitiesOf('out/model.onnx'));
    await writeFile(join(root, 'text.onnx'), 'words');
    for (const [args, code, message] of [
      ['export out', 2, /required option '--out <file>'/],
      ['export out --out x.bin', 2, /--out must end in \.onnx, not x\.bin/],
      ['export out --out x.onnx --format int4', 2, /--format must be one of float32, float16, int8, not "int4"/],
      ['export out/model.onnx --out x.onnx --format int8', 2, /int8 is calibrated on pictures: name some/],
      ['export out --out x.onnx --format float16 --keep-float none', 2, /are for --format int8/],
      ['export text.onnx --out x.onnx', 1, /text\.onnx: not an ONNX model/],
      ['export out nowhere --out x.onnx', 1, /There is no folder or archive/],
    ] as const) {
      const finished = await run(args);
      assert.match(finished.stderr, message);
      assert.equal(finished.code, code, args);
    }
    assert.equal(existsSync(join(root, 'x.onnx')), false);
  });
});
