/**
 * All of this folder's own parts in one learner: `npm run example -- extend/train FOLDER_OF_PICTURES`.
 */
import { accuracy, cnnLearner, getTransforms, ImageDataBunch } from 'onecycle';
import { pocketNet } from './architecture.js';
import { GentleRestart } from './callback.js';
import { generalisedCrossEntropy } from './loss.js';
import { trueShare } from './metric.js';
import { quickNet } from './operator.js';
import { signum } from './optimizer.js';
import { slideFrame } from './transform.js';

const [folder = 'pictures'] = process.argv.slice(2);
const dsTfms = getTransforms({ xtraTfms: [slideFrame()] });
for (const arch of [pocketNet, quickNet]) {
  const data = await ImageDataBunch.fromFolder(folder, { dsTfms, size: 32, bs: 8 });
  const learn = await cnnLearner(data, arch, {
    metrics: [accuracy, trueShare],
    loss: generalisedCrossEntropy(),
    optimizer: signum(),
    callbacks: [new GentleRestart(2)],
  });
  await learn.fitOneCycle(2, { maxLr: 1e-3 });
  console.log(`${arch.name}\n${learn.recorder.table().text()}`);
  await learn.export(`${arch.name}.onnx`);
  await learn.close();
}
