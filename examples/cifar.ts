/**
 * CIFAR-10 as fastai's well-known session goes: three epochs at the pictures' own 32 pixels, three at 128, then with what the learning rate
 * finder says, then all layers, and test-time augmentation at the end.
 *
 * One thing is different. That session validates on the test set and chooses by it, so that its accuracy no longer tells that of
 * new pictures. Here a tenth of the training pictures is held out to choose by, and the test set is looked at once, at the end.
 *
 *     npm run example -- cifar                     all of it, with ResNet-50: hours without a GPU
 *     npm run example -- cifar --help              the parameters, to run it smaller
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  accuracy,
  cnnLearner,
  getTransforms,
  ImageDataBunch,
  type Learner,
  modelByName,
  savePlot,
  slice,
  URLs,
  untarData,
} from 'onecycle';

const HELP = `Usage: cifar [options]

  --data FOLDER           pictures in train/CLASS and test/CLASS; default: CIFAR-10, which is downloaded (168 MB)
  --arch NAME             default resnet50; efficientnet_lite0 needs no download and is much faster
  --epochs N              epochs of each part; default 3
  --size N                side that pictures are enlarged to, in pixels; default 128
  --limit-per-class N     only so many training pictures of each class, and as many to test; default: all
  --out FOLDER            where plots and the model go; default runs/cifar`;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    arch: { type: 'string', default: 'resnet50' },
    epochs: { type: 'string', default: '3' },
    size: { type: 'string', default: '128' },
    'limit-per-class': { type: 'string' },
    out: { type: 'string', default: 'runs/cifar' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}

const arch = modelByName(values.arch);
const epochs = Number(values.epochs);
const limit = values['limit-per-class'] === undefined ? undefined : Number(values['limit-per-class']);
const out = values.out;
await mkdir(out, { recursive: true });

const path = values.data ?? (await untarData(URLs.CIFAR));

/** All pictures at a size; nothing in CIFAR-10 is mirrored in that session. */
function pictures(size: number): Promise<ImageDataBunch> {
  return ImageDataBunch.fromFolder(path, {
    test: 'test',
    validPct: 0.1,
    dsTfms: getTransforms({ doFlip: false }),
    size,
    limitPerClass: limit,
    validLimitPerClass: limit,
  });
}

/** The epochs so far. */
function tell(what: string, learn: Learner): void {
  console.log(`\n${what}\n${learn.recorder.table().text()}`);
}

function percent(share = Number.NaN): string {
  return `${(100 * share).toFixed(1)} %`;
}

// 1. The pictures as they are. The body is frozen: only the new head learns.
const small = await cnnLearner(await pictures(32), arch, { metrics: [accuracy] });
await small.fit(epochs);
tell('32 px, head alone', small);
await small.close();

// 2. The same, enlarged to the size that the network knows.
const size = Number(values.size);
const large = await cnnLearner(await pictures(size), arch, { metrics: [accuracy] });
await large.fit(epochs);
tell(`${size} px, head alone`, large);
await large.close();

// 3. From the beginning, with one cycle of the rate. The rule of thumb is a rate an order of magnitude below the curve's minimum.
const learn = await cnnLearner(await pictures(size), arch, { metrics: [accuracy] });
await findRates('lr-find.svg');
await learn.fitOneCycle(epochs, { maxLr: 1e-3 });
tell('one cycle, head alone', learn);
await learn.save(join(out, 'stage-1'));

// 4. All layers, the lower ones with lower rates: they know most of what they need.
await findRates('lr-find-2.svg');
learn.unfreeze();
await learn.fitOneCycle(epochs, { maxLr: slice(1e-6, 1e-4) });
tell('one cycle, all layers', learn);
await learn.save(join(out, 'stage-2'));

// 5. Each test picture is seen eight more times, augmented and zoomed towards its corners, which takes as many times as long.
const plain = await learn.getPreds('test');
const { preds, targets } = await learn.tta({ split: 'test' });
console.log(`\ntest accuracy: ${percent(accuracy(plain.preds, plain.targets))}`);
console.log(`test accuracy with test-time augmentation: ${percent(accuracy(preds, targets))}`);
await savePlot(learn.recorder.plotLosses(), join(out, 'losses.svg'));
await learn.export(join(out, 'model.onnx'));
await learn.close();

async function findRates(file: string): Promise<void> {
  const found = await learn.lrFind();
  const { suggestion, minimum } = found;
  console.log(
    `\nrates: lowest loss at ${minimum.toExponential(1)}, suggestion ${suggestion.toExponential(1)}; see ${file}`,
  );
  await savePlot(found.plot(), join(out, file));
}
