import { UserError } from '../core/errors.js';
import type { SplitName } from '../data/batch.js';
import { checkInteger } from '../data/check.js';
import type { Plot } from '../display/index.js';
import type { Learner } from '../train/learner.js';
import { argMax, type Predictions, type Targets } from '../train/metrics/index.js';
import { type ClassReport, classReport } from './class-report.js';
import { type Confusion, type ConfusionMatrix, confusionMatrix, mostConfused, type Normalize } from './confusion.js';
import { checkInterpreted, type Interpreted, logitsOf, probabilitiesOf, rightOnes } from './interpreted.js';
import { type LabelIssue, labelIssues } from './label-issues.js';
import { answerLosses, pictureLosses, ranked } from './losses.js';
import { confusionPlot } from './plots/confusion-plot.js';
import { reliabilityPlot } from './plots/reliability-plot.js';
import { type Reliability, reliability } from './reliability.js';
import { fitTemperature } from './temperature.js';
import { type TtaGain, ttaGain } from './tta-gain.js';

/** A picture with its loss. */
export interface TopLoss {
  /** Its place among the predictions. */
  readonly index: number;
  readonly file: string;
  /** Cross-entropy in nats; the mean over labels where it may have several. */
  readonly loss: number;
  /** The class that it was given; of several labels, all of them joined by ";". */
  readonly predicted: string;
  /** The class that it has, likewise. */
  readonly actual: string;
  /** Of the predicted class; where it may have several labels, of the one that it says least about, in either direction. */
  readonly probability: number;
  /** Of each class. */
  readonly probabilities: Float32Array;
}

/** One answer, yes or no to a label of a picture, with its loss. */
export interface TopAnswer {
  readonly index: number;
  readonly file: string;
  readonly label: string;
  /** Whether it was given. */
  readonly predicted: boolean;
  /** Whether the picture has it. */
  readonly actual: boolean;
  /** That it has it. */
  readonly probability: number;
  /** Binary cross-entropy in nats. */
  readonly loss: number;
}

/** How good probabilities are as such. */
export interface Calibration {
  /** Negative log-likelihood in nats: the mean loss. */
  readonly nll: number;
  /** Expected calibration error, in 15 bins. */
  readonly ece: number;
}

/** A fitted temperature, and what it changes on the pictures that it was fitted on. */
export interface TemperatureFit {
  /** What logits are to be divided by: above 1 the network was too sure of itself. From 0.05 to 20. */
  readonly temperature: number;
  readonly before: Calibration;
  readonly after: Calibration;
}

const BINS = 15;

/**
 * What predictions tell of a network: which classes it confuses, which pictures it gets most wrong, how far its probabilities can be
 * believed. Of classes, one or several a picture; not of a regression.
 */
export class ClassificationInterpretation {
  readonly preds: Predictions;
  readonly targets: Targets;
  readonly classes: readonly string[];
  readonly files: readonly string[];
  readonly threshold: number;
  /** The loss of each picture in nats, [n]. */
  readonly losses: Float64Array;
  readonly #given: Interpreted;

  /** @throws {UserError} unless all parts speak of the same pictures and classes, and each picture has a label */
  constructor(given: Interpreted) {
    checkInterpreted(given);
    this.#given = given;
    this.preds = given.preds;
    this.targets = given.targets;
    this.classes = given.classes;
    this.files = given.files;
    this.threshold = given.threshold ?? 0.5;
    this.losses = pictureLosses(given.preds, given.targets);
  }

  /**
   * Predicts a split of a learner's data.
   *
   * @param options.split default `valid`
   * @param options.tta whether with test-time augmentation; `ttaGain` then tells what it brings. Default false
   * @throws {UserError} if the data have no such split, or no classes
   */
  static async fromLearner(
    learn: Learner,
    { split = 'valid', tta = false }: { readonly split?: SplitName; readonly tta?: boolean } = {},
  ): Promise<ClassificationInterpretation> {
    const { data } = learn;
    if (data.task === 'regression')
      throw new UserError('only classes can be interpreted, not the values of a regression');
    if (data.length(split) > 0 && !data.isLabelled(split)) {
      throw new UserError(`the pictures of the ${split} set have no labels to compare with`);
    }
    const plain = await learn.getPreds(split);
    const mixed = tta ? await learn.tta({ split, plain }) : undefined;
    return new ClassificationInterpretation({
      preds: mixed?.preds ?? plain.preds,
      targets: plain.targets,
      classes: data.classes,
      files: Array.from({ length: plain.preds.n }, (_, i) => data.file(split, i)),
      threshold: learn.threshold,
      ...(mixed === undefined ? { outputs: plain.outputs } : { plain: plain.preds }),
    });
  }

  /** Number of pictures. */
  get length(): number {
    return this.preds.n;
  }

  get isMultiLabel(): boolean {
    return !(this.targets instanceof Int32Array);
  }

  /**
   * How many pictures of each class (rows) were given each class (columns).
   *
   * @param options.normalize shares instead: of the `actual` class (or true), of the `predicted` one, or of `all`. Default false
   * @throws {UserError} where pictures may have several labels
   */
  confusionMatrix({ normalize = false }: { readonly normalize?: boolean | Normalize } = {}): ConfusionMatrix {
    return confusionMatrix(this.preds, this.#singleLabels('a confusion matrix'), normalize);
  }

  /**
   * The pairs of classes that are confused, the most frequent first.
   *
   * @param options.minVal the least count. Default 1
   */
  mostConfused({ minVal = 1 }: { readonly minVal?: number } = {}): Confusion[] {
    checkInteger('minVal', minVal, 1);
    return mostConfused(this.confusionMatrix(), this.classes, minVal);
  }

  /**
   * The pictures with the largest losses, the largest first.
   *
   * @param k how many. Default: all
   * @param options.largest false for the least losses. Default true
   */
  topLosses(k = this.length, { largest = true }: { readonly largest?: boolean } = {}): TopLoss[] {
    checkInteger('k (of topLosses)', k, 1);
    return ranked(this.losses, largest)
      .slice(0, k)
      .map((index) => this.#topLoss(index));
  }

  /**
   * The answers, yes or no to a label of a picture, with the largest losses, the largest first.
   *
   * @param k how many. Default: all
   * @throws {UserError} where pictures have one label each
   */
  multiTopLosses(k = this.preds.data.length): TopAnswer[] {
    checkInteger('k (of multiTopLosses)', k, 1);
    const { targets, preds, classes } = this;
    if (targets instanceof Int32Array) {
      throw new UserError(
        'multiTopLosses is for pictures that may have several labels; topLosses is for one label each',
      );
    }
    const losses = answerLosses(preds, targets);
    return ranked(losses, true)
      .slice(0, k)
      .map((at) => {
        const index = Math.floor(at / classes.length);
        const probability = preds.data[at] ?? 0;
        return {
          index,
          file: this.files[index] ?? '',
          label: classes[at % classes.length] ?? '',
          predicted: probability > this.threshold,
          actual: targets[at] === 1,
          probability,
          loss: losses[at] ?? 0,
        };
      });
  }

  /** Precision, recall, F1 and support of each class, and their means, as scikit-learn's `classification_report`. */
  perClassReport(): ClassReport {
    return classReport(this.preds, this.targets, this.classes, this.threshold, this.#right(this.preds));
  }

  /**
   * How far the probabilities can be believed: confidence and accuracy in bins of equal width, ECE and MCE.
   *
   * @param options.bins default 15
   */
  reliability({ bins = BINS }: { readonly bins?: number } = {}): Reliability {
    return reliability(this.preds, this.targets, checkInteger('bins', bins, 1, 1000));
  }

  /**
   * The confusion matrix as a picture; cells are coloured by their shares of the actual class.
   *
   * @param options.normalize what is written into the cells, see `confusionMatrix`. Default: counts
   * @param options.title default `Confusion matrix`
   */
  plotConfusionMatrix(options: { readonly normalize?: boolean | Normalize; readonly title?: string } = {}): Plot {
    return confusionPlot({
      matrix: this.confusionMatrix(options),
      shares: this.confusionMatrix({ normalize: true }),
      counts: this.confusionMatrix(),
      classes: this.classes,
      title: options.title ?? 'Confusion matrix',
    });
  }

  /** `reliability` as a picture. */
  plotReliability({ title, ...options }: { readonly bins?: number; readonly title?: string } = {}): Plot {
    return reliabilityPlot(this.reliability(options), title);
  }

  /**
   * Fits the temperature that logits are divided by for the least loss on these pictures (Guo et al. 2017). The answers stay the same,
   * their probabilities become more honest. Whoever measures on the pictures that it was fitted on measures too well:
   * `atTemperature` of another set's interpretation tells what it is worth.
   */
  temperatureScale(): TemperatureFit {
    const temperature = fitTemperature(logitsOf(this.#given), this.targets, this.classes.length);
    return { temperature, before: this.#calibration(), after: this.atTemperature(temperature).#calibration() };
  }

  /** The same pictures with logits divided by a temperature. */
  atTemperature(temperature: number): ClassificationInterpretation {
    if (!(temperature > 0 && Number.isFinite(temperature))) {
      throw new UserError(`temperature must be a number above 0, not ${temperature}`);
    }
    const outputs = logitsOf(this.#given).map((z) => z / temperature);
    const preds = probabilitiesOf(outputs, this.classes.length, this.targets);
    return new ClassificationInterpretation({ ...this.#given, preds, outputs, plain: undefined });
  }

  /**
   * What test-time augmentation brings: accuracies, the pictures that it fixes and breaks, and whether that could be chance.
   *
   * @throws {UserError} if the predictions were made without it
   */
  ttaGain(): TtaGain {
    const { plain } = this.#given;
    if (plain === undefined) {
      throw new UserError('the predictions were made without test-time augmentation; ask for them with tta: true');
    }
    return ttaGain(this.#right(plain), this.#right(this.preds));
  }

  /**
   * The pictures whose labels are probably wrong by confident learning, the most doubtful first; see `labelIssues`.
   *
   * @throws {UserError} where pictures may have several labels
   */
  labelIssues(): LabelIssue[] {
    return labelIssues(this.preds, this.#singleLabels('doubting labels'));
  }

  #topLoss(index: number): TopLoss {
    const { classes, targets, threshold } = this;
    const probabilities = this.preds.data.slice(index * classes.length, (index + 1) * classes.length);
    const common = { index, file: this.files[index] ?? '', loss: this.losses[index] ?? 0, probabilities };
    if (targets instanceof Int32Array) {
      const [best = 0] = argMax({ data: probabilities, n: 1, classes: classes.length });
      return {
        ...common,
        predicted: classes[best] ?? '',
        actual: classes[targets[index] ?? 0] ?? '',
        probability: probabilities[best] ?? 0,
      };
    }
    const row = targets.subarray(index * classes.length, (index + 1) * classes.length);
    const [worst = 0] = ranked(answerLosses({ data: probabilities, n: 1, classes: classes.length }, row), true);
    return {
      ...common,
      predicted: classes.filter((_, c) => (probabilities[c] ?? 0) > threshold).join(';'),
      actual: classes.filter((_, c) => row[c] === 1).join(';'),
      probability: probabilities[worst] ?? 0,
    };
  }

  #right(preds: Predictions): Uint8Array {
    return rightOnes(preds, this.targets, this.threshold);
  }

  #calibration(): Calibration {
    return {
      nll: this.losses.reduce((sum, loss) => sum + loss, 0) / this.length,
      ece: this.reliability().ece,
    };
  }

  #singleLabels(what: string): Int32Array {
    if (this.targets instanceof Int32Array) return this.targets;
    throw new UserError(
      `${what} is for pictures with one label each; perClassReport tells right, wrong and missed answers of each label`,
    );
  }
}
