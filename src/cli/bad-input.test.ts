import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Header } from 'tar';
import { generateSampleSet } from '../data/index.js';
import { pickle, torchZip } from '../nn/weights/testing/files.js';
import { onecycle } from './testing/command.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-bad-'));
after(() => rm(root, { recursive: true }));
const env = { ONECYCLE_HOME: join(root, 'cache') };
const run = (args: readonly string[]) => onecycle(args, { cwd: root, env });

await generateSampleSet(join(root, 'pictures'), { classes: ['circle', 'star'], perClass: 4 });
await generateSampleSet(join(root, 'one-class', 'deep'), { classes: ['circle'], perClass: 2 });
await mkdir(join(root, 'empty'));
for (const name of ['a', 'b']) {
  await mkdir(join(root, 'texts', name), { recursive: true });
  for (const i of [1, 2, 3]) await writeFile(join(root, 'texts', name, `${i}.jpg`), 'these are words');
}
await writeFile(join(root, 'file.txt'), 'words');
await writeFile(join(root, 'climbing.tar'), tarWith('../../evil.txt'));
await writeFile(join(root, 'words.zip'), 'no archive');
const hostile = pickle("cos\nsystem\n(S'touch owned'\ntR.");
await writeFile(join(root, 'hostile.pth'), torchZip(hostile));

function tarWith(path: string): Buffer {
  const block = Buffer.alloc(512);
  new Header({ path, type: 'File', size: 4, mode: 0o644, mtime: new Date(0) }).encode(block, 0);
  return Buffer.concat([block, Buffer.alloc(512).fill('evil', 0, 4), Buffer.alloc(1024)]);
}

/** Arguments, exit code, what standard error says. */
const CASES: readonly (readonly [args: string, code: number, message: RegExp])[] = [
  ['train nowhere', 1, /There is no folder or archive .*nowhere/],
  ['train empty', 1, /holds no pictures in class folders/],
  ['train one-class/deep/train', 1, /one class only/],
  ['train texts', 1, /None of the pictures .*can be read/],
  ['train texts --corrupt error', 1, /texts.*\.jpg cannot be used/],
  ['train file.txt', 1, /neither a folder nor a .*archive/],
  ['train climbing.tar', 1, /evil\.txt/],
  ['train words.zip', 1, /words\.zip/],
  ['train pictures --valid test', 1, /no folder "test" for validation/],
  ['train', 2, /name a folder or archive/],
  ['train pictures --arch vgg', 2, /--arch must be an \.onnx file or one of alexnet, .*, not "vgg"/],
  ['train pictures --arch vgg11_bn --size 24', 1, /24 px are too small for vgg11_bn: it takes 32 px or more/],
  ['train pictures --arch vit_tiny_patch16 --size 100', 1, /multiples of 16 px, such as 96 or 112/],
  ['train pictures --weights nowhere.pth', 1, /no such file: .*nowhere\.pth/],
  ['train pictures --weights empty', 1, /empty is a folder/],
  ['train pictures --weights file.txt', 1, /file\.txt cannot be read as weights: its format is not known/],
  ['train pictures --weights file.txt --no-pretrained', 2, /--weights and --no-pretrained contradict/],
  ['train pictures --arch resnet18 --weights hostile.pth', 1, /hostile\.pth .*"os\.system".*nothing was run/],
  ['train pictures --size 0', 2, /--size must be a whole number from 16 to 4096, not "0"/],
  ['train pictures --bs 0', 2, /--bs must be a whole number from 1 /],
  ['train pictures --epochs 1.5', 2, /--epochs must be a whole number/],
  ['train pictures --size 32 --loss mse', 1, /the loss mse is for regression data; these are single-label/],
  ['train pictures --size 32 --metrics mae', 1, /the metric mae is for regression data; these are single-label/],
  ['train pictures --size 32 --threshold 0.3', 1, /threshold is for several labels a picture/],
  ['train pictures --metrics acc', 2, /--metrics must be names of metrics, separated by commas: accuracy, /],
  ['train pictures --label-smoothing 2', 2, /--label-smoothing must be a number above 0 and below 1/],
  ['train pictures --y-range 1', 2, /--y-range must be two numbers, separated by a comma/],
  ['train pictures --lr -1', 2, /--lr must be "auto" or a number/],
  ['train pictures --valid-pct 1', 2, /--valid-pct must be a number above 0 and below 1/],
  ['train pictures --label-col shape', 1, /has no table of labels .*leave --label-col/],
  ['train pictures --corrupt maybe', 2, /--corrupt must be "skip" or "error"/],
  ['train pictures --truncated maybe', 2, /--truncated must be "error" or "accept"/],
  ['train pictures --max-pixels 0', 2, /--max-pixels must be a whole number of at least 1/],
  ['train pictures --max-pixels 100', 1, /None of the pictures .* more than 100 pixels; raise maxPixels/],
  [
    'train pictures --augment mixaugment',
    2,
    /--augment must be one of default, none, shift, randaugment, .*not "mixaugment"/,
  ],
  ['train pictures --resize stretch', 2, /--resize must be one of crop, pad, squish, not "stretch"/],
  ['train pictures --feature-precision int4', 2, /--feature-precision must be one of auto, float32, int8, not "int4"/],
  ['train pictures --padding mirror', 2, /--padding must be one of zeros, border, reflection/],
  ['train pictures --reprob 2', 2, /--reprob must be a number from 0 to 1, not "2"/],
  ['train pictures --remode noise --reprob 0.5', 2, /--remode must be one of const, rand, pixel/],
  ['train pictures --remode pixel', 2, /--remode needs --reprob above 0/],
  ['train pictures --ra-magnitude 5', 2, /--ra-magnitude needs --augment randaugment/],
  ['train pictures --shift 5', 2, /--shift needs --augment shift/],
  ['train pictures --augment randaugment --ra-magnitude 31', 2, /--ra-magnitude must be a whole number from 0 to 30/],
  ['train pictures --no-flip --flip-vert', 2, /--flip-vert and --no-flip contradict/],
  ['train pictures --color-jitter a', 2, /--color-jitter must be a number from 0 to 1/],
  ['train pictures --sise 64', 2, /unknown option '--sise'[\s\S]*--size/],
  ['train pictures --opt adma', 2, /--opt must be one of adam, adamw, .*, not "adma"/],
  ['train pictures --wd -1', 2, /--wd must be a number from 0 up, not "-1"/],
  ['train pictures --momentum 1', 2, /--momentum must be a number above 0 and below 1/],
  ['train pictures --schedule zigzag', 2, /--schedule must be one of one-cycle, flat-cos/],
  ['train pictures --warmup 0.1', 2, /--warmup needs another --schedule/],
  ['train pictures --clip-grad 0', 2, /--clip-grad must be a number above 0/],
  ['train pictures --accumulate 1', 2, /--accumulate must be a whole number from 2/],
  ['train pictures --mixup --cutmix', 2, /--mixup or --cutmix, not both/],
  ['train pictures --mixup 0', 2, /--mixup must be a number above 0/],
  ['train pictures --ema 1', 2, /--ema must be a number above 0 and below 1/],
  ['train pictures --ema --swa', 2, /--ema or --swa, not both/],
  ['train pictures --progressive 64,x', 2, /--progressive must be sizes .*, not "64,x"/],
  ['train pictures --arch vit_tiny_patch16 --progressive 64,100', 1, /multiples of 16 px/],
  ['train pictures --early-stop 0', 2, /--early-stop must be a whole number of at least 1/],
  ['train pictures --out file.txt', 1, /--out file\.txt is a file/],
  ['train pictures --out file.txt/run', 1, /the folder file\.txt\/run cannot be made/],
  ['train --resume empty', 1, /--resume empty is not the folder of a run/],
  ['train --resume pictures --epochs 2', 2, /leave --epochs out/],
  ['predict', 2, /missing required argument/],
  ['predict file.txt pictures', 1, /file\.txt: not an ONNX model/],
  ['sample file.txt', 1, /file\.txt is a file/],
  ['sample pictures', 1, /pictures is not empty/],
  ['sample new --per-class 1', 2, /--per-class must be a whole number/],
  ['training', 2, /unknown command 'training'/],
];

test('bad input gives a message and an exit code, and leaves nothing behind', { concurrency: 2 }, async (t) => {
  const tests = CASES.map(([args, code, message]) =>
    t.test(`onecycle ${args}`, async () => {
      const { code: got, stdout, stderr } = await run(args.split(' '));
      assert.match(stderr, message);
      assert.match(stderr, /^onecycle: /m);
      assert.doesNotMatch(stderr, /\n {4}at |unexpected/);
      assert.equal(got, code);
      assert.equal(stdout.includes('train_loss'), false);
    }),
  );
  await Promise.all(tests);
  for (const path of ['new', 'owned', 'evil.txt', '../evil.txt'])
    assert.equal(existsSync(join(root, path)), false, path);
});

test('ONECYCLE_DEBUG shows where an error came from; no run folder is left', async () => {
  const debug = { ...env, ONECYCLE_DEBUG: '1' };
  const { stderr } = await onecycle(['train', 'nowhere'], { cwd: join(root, 'empty'), env: debug });
  assert.equal(existsSync(join(root, 'empty', 'runs')), false);
  assert.match(stderr, /^onecycle: UserError: There is no folder[\s\S]*\n {4}at /);
});

test('a disk that is too small is told before training begins', async (t) => {
  const disk = join(root, 'disk');
  await mkdir(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    t.skip('a small disk can only be mounted by root');
    return;
  }
  try {
    const { code, stderr } = await run(['train', 'pictures', '--size', '64', '--out', 'disk/run']);
    assert.equal(code, 1);
    assert.match(stderr, /the disk is full: disk\/run has 1\.0 MB of free space/);
    assert.equal(existsSync(join(disk, 'run')), false);
  } finally {
    execFileSync('umount', [disk]);
  }
});
