/**
 * fastai's image sets as its authors host them. Length and MD5 of the first megabyte are those of fastai 2.8.12
 * (`fastai/data/download_checks.py`); counts, licences and sources are what the sets' own authors say.
 */

const SAMPLE = 'https://s3.amazonaws.com/fast-ai-sample';
const IMAGES = 'https://s3.amazonaws.com/fast-ai-imageclas';

/** What a set is labelled for. Only classification has one class for each picture. */
export type SetTask = 'classification' | 'multi-label' | 'regression' | 'segmentation';

/** How the classes and splits of a set can be told, where its folders alone do not tell them; `describe-set.ts` does it. */
export type SetLayout =
  /** A folder for each class below this one. */
  | { readonly kind: 'folders'; readonly folder: string }
  /** `SPLIT/SUPERCLASS/CLASS/…`: the class is the folder that a picture is in. */
  | { readonly kind: 'parents' }
  /** The first group of the pattern in a file's name is its class. */
  | { readonly kind: 'names'; readonly folder: string; readonly pattern: RegExp }
  /** A line for each picture in `train.txt`, `valid.txt` and `test.txt`: `jpg/a.jpg 3` or `CLASS/a`. */
  | { readonly kind: 'lists'; readonly folder: string; readonly ending: string };

export interface KnownSet {
  /** Where its archive is. */
  readonly address: string;
  /** Length of the archive. */
  readonly bytes: number;
  /** Of the first 2^20 bytes of the archive, in hexadecimal digits. */
  readonly md5OfFirstMiB: string;
  /** In all splits together, if that is known. */
  readonly pictures?: number;
  /** Only of sets for classification. */
  readonly classes?: number;
  readonly task: SetTask;
  readonly about: string;
  readonly licence: string;
  /** Where its authors describe it. */
  readonly source: string;
  /** Why its labels cannot be read here. */
  readonly unreadable?: string;
  /** Whether its labels are in `labels.csv`, several with spaces, of pictures in `train`, as fastai has it. */
  readonly inTable?: boolean;
  /** Default: a folder for each class, in folders for each split or without. */
  readonly layout?: SetLayout;
}

const NOT_STATED = 'not stated';
const RESEARCH = 'research only, not commercial';
const CC_BY_SA_3 = 'CC BY-SA 3.0';

const CIFAR_SOURCE = 'https://www.cs.toronto.edu/~kriz/cifar.html';
const MNIST_SOURCE = 'http://yann.lecun.com/exdb/mnist';
const IMAGENETTE_SOURCE = 'https://github.com/fastai/imagenette';
const BIWI_SOURCE = 'https://icu.ee.ethz.ch/research/datsets.html';
const PLANET_SOURCE = 'https://www.kaggle.com/c/planet-understanding-the-amazon-from-space';

const imagenette = {
  pictures: 13_394,
  classes: 10,
  task: 'classification',
  licence: `Apache-2.0; pictures as ImageNet: ${RESEARCH}`,
  source: IMAGENETTE_SOURCE,
} as const;
const imagewoof = { ...imagenette, pictures: 12_954 };

/** The sets by fastai's names. */
export const KNOWN_SETS = {
  MNIST_TINY: {
    address: `${SAMPLE}/mnist_tiny.tgz`,
    bytes: 342_207,
    md5OfFirstMiB: '56143e8f24db90d925d82a5a74141875',
    pictures: 1428,
    classes: 2,
    task: 'classification',
    about: 'threes and sevens, 28 px',
    licence: CC_BY_SA_3,
    source: MNIST_SOURCE,
  },
  MNIST_VAR_SIZE_TINY: {
    address: `${IMAGES}/mnist_var_size_tiny.tgz`,
    bytes: 565_372,
    md5OfFirstMiB: 'b71a930f4eb744a4a143a6c7ff7ed67f',
    classes: 2,
    task: 'classification',
    about: 'threes and sevens in various sizes',
    licence: CC_BY_SA_3,
    source: MNIST_SOURCE,
  },
  MNIST_SAMPLE: {
    address: `${SAMPLE}/mnist_sample.tgz`,
    bytes: 3_214_948,
    md5OfFirstMiB: '2dbc7ec6f9259b583af0072c55816a88',
    pictures: 14_434,
    classes: 2,
    task: 'classification',
    about: 'all threes and sevens of MNIST',
    licence: CC_BY_SA_3,
    source: MNIST_SOURCE,
  },
  MNIST: {
    address: `${IMAGES}/mnist_png.tgz`,
    bytes: 15_683_414,
    md5OfFirstMiB: '03639f83c4e3d19e0a3a53a8a997c487',
    pictures: 70_000,
    classes: 10,
    task: 'classification',
    about: 'handwritten digits, 28 px',
    licence: CC_BY_SA_3,
    source: MNIST_SOURCE,
  },
  CIFAR: {
    address: `${SAMPLE}/cifar10.tgz`,
    bytes: 168_168_549,
    md5OfFirstMiB: 'a5f8c31371b63a406b23368042812d3c',
    pictures: 60_000,
    classes: 10,
    task: 'classification',
    about: 'CIFAR-10: animals and vehicles, 32 px',
    licence: NOT_STATED,
    source: CIFAR_SOURCE,
  },
  CIFAR_100: {
    address: `${IMAGES}/cifar100.tgz`,
    bytes: 169_168_619,
    md5OfFirstMiB: 'e5e65dcb54b9d3913f7b8a9ad6607e62',
    pictures: 60_000,
    classes: 100,
    task: 'classification',
    about: 'a hundred classes of twenty kinds, 32 px',
    licence: NOT_STATED,
    source: CIFAR_SOURCE,
    layout: { kind: 'parents' },
  },
  IMAGENETTE_160: {
    address: `${IMAGES}/imagenette2-160.tgz`,
    bytes: 99_003_388,
    md5OfFirstMiB: 'c475f8f7617a200ba35b9facc48443c3',
    ...imagenette,
    about: 'ten easy classes of ImageNet, short side 160 px',
  },
  IMAGENETTE_320: {
    address: `${IMAGES}/imagenette2-320.tgz`,
    bytes: 341_663_724,
    md5OfFirstMiB: '1f1f74f133caff120e575856659b87a2',
    ...imagenette,
    about: 'the same, short side 320 px',
  },
  IMAGENETTE: {
    address: `${IMAGES}/imagenette2.tgz`,
    bytes: 1_557_161_267,
    md5OfFirstMiB: '2c774ecb40005b35d7937d50f5d42336',
    ...imagenette,
    about: 'the same, full size',
  },
  IMAGEWOOF_160: {
    address: `${IMAGES}/imagewoof2-160.tgz`,
    bytes: 92_612_825,
    md5OfFirstMiB: '3559b194123981a540b87132dbda412f',
    ...imagewoof,
    about: 'ten breeds of dogs of ImageNet, short side 160 px',
  },
  IMAGEWOOF_320: {
    address: `${IMAGES}/imagewoof2-320.tgz`,
    bytes: 328_387_740,
    md5OfFirstMiB: '7a1fd92672a559a85de76e4810a20c21',
    ...imagewoof,
    about: 'the same, short side 320 px',
  },
  IMAGEWOOF: {
    address: `${IMAGES}/imagewoof2.tgz`,
    bytes: 1_343_715_595,
    md5OfFirstMiB: '2cc1c1e36e20cb6fd24ffb978edcb487',
    ...imagewoof,
    about: 'the same, full size',
  },
  PETS: {
    address: `${IMAGES}/oxford-iiit-pet.tgz`,
    bytes: 811_706_944,
    md5OfFirstMiB: 'e4db5c768afd933bb91f5f594d7417a4',
    pictures: 7390,
    classes: 37,
    task: 'classification',
    about: 'Oxford-IIIT pets: breeds of cats and dogs',
    licence: 'CC BY-SA 4.0',
    source: 'https://www.robots.ox.ac.uk/~vgg/data/pets/',
    layout: { kind: 'names', folder: 'images', pattern: /^(.+)_\d+\.jpg$/ },
  },
  FLOWERS: {
    address: `${IMAGES}/oxford-102-flowers.tgz`,
    bytes: 345_236_087,
    md5OfFirstMiB: '5666e01c1311b4c67fcf20d2b3850a88',
    pictures: 8189,
    classes: 102,
    task: 'classification',
    about: 'Oxford flowers; classes are numbers',
    licence: NOT_STATED,
    source: 'https://www.robots.ox.ac.uk/~vgg/data/flowers/102/',
    layout: { kind: 'lists', folder: '.', ending: '' },
  },
  CARS: {
    address: `${IMAGES}/stanford-cars.tgz`,
    bytes: 1_957_803_273,
    md5OfFirstMiB: '9045d6673c9ced0889f41816f6bf2f9f',
    pictures: 16_185,
    classes: 196,
    task: 'classification',
    about: 'Stanford cars; labels in MATLAB files',
    unreadable: 'its labels are in MATLAB files',
    licence: RESEARCH,
    source: 'https://ai.stanford.edu/~jkrause/cars/car_dataset.html',
  },
  FOOD: {
    address: `${IMAGES}/food-101.tgz`,
    bytes: 5_686_607_260,
    md5OfFirstMiB: '1a540ebf1fb40b2bf3f2294234ba7907',
    pictures: 101_000,
    classes: 101,
    task: 'classification',
    about: 'Food-101: dishes',
    licence: NOT_STATED,
    source: 'https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/',
    layout: { kind: 'lists', folder: 'images', ending: '.jpg' },
  },
  CUB_200_2011: {
    address: `${IMAGES}/CUB_200_2011.tgz`,
    bytes: 1_150_585_339,
    md5OfFirstMiB: 'd2acaa99439dff0483c7bbac1bfe2a92',
    pictures: 11_788,
    classes: 200,
    task: 'classification',
    about: 'Caltech-UCSD birds',
    licence: RESEARCH,
    source: 'https://www.vision.caltech.edu/datasets/cub_200_2011/',
    layout: { kind: 'folders', folder: 'images' },
  },
  CALTECH_101: {
    address: `${IMAGES}/caltech_101.tgz`,
    bytes: 131_740_031,
    md5OfFirstMiB: 'd673425306e98ee4619fcdeef8a0e876',
    pictures: 9144,
    classes: 102,
    task: 'classification',
    about: '101 kinds of objects, and backgrounds',
    licence: 'CC BY 4.0',
    source: 'https://data.caltech.edu/records/mzrjq-6wc02',
  },
  BIWI_SAMPLE: {
    address: `${SAMPLE}/biwi_sample.tgz`,
    bytes: 593_774,
    md5OfFirstMiB: '9179f4c1435f4b291f0d5b072d60c2c9',
    pictures: 200,
    task: 'regression',
    about: 'places of heads',
    unreadable: 'its labels are in a Python pickle',
    licence: RESEARCH,
    source: BIWI_SOURCE,
  },
  PLANET_TINY: {
    address: `${SAMPLE}/planet_tiny.tgz`,
    bytes: 997_569,
    md5OfFirstMiB: '490873c5683454d4b2611fb1f00a68a9',
    pictures: 200,
    task: 'multi-label',
    inTable: true,
    about: 'satellite pictures of the Amazon, smaller',
    licence: 'rules of the competition',
    source: PLANET_SOURCE,
  },
  PLANET_SAMPLE: {
    address: `${SAMPLE}/planet_sample.tgz`,
    bytes: 15_523_994,
    md5OfFirstMiB: '8bfb174b3162f07fbde09b54555bdb00',
    pictures: 1000,
    task: 'multi-label',
    inTable: true,
    about: 'satellite pictures of the Amazon',
    licence: 'rules of the competition',
    source: PLANET_SOURCE,
  },
  CAMVID_TINY: {
    address: `${SAMPLE}/camvid_tiny.tgz`,
    bytes: 2_314_212,
    md5OfFirstMiB: '2cf6daf91b7a2083ecfa3e9968e9d915',
    pictures: 100,
    task: 'segmentation',
    about: 'street scenes with a class for each pixel',
    unreadable: 'it has a class for each pixel, and networks here tell what a picture shows as a whole',
    licence: NOT_STATED,
    source: 'http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/',
  },
} as const satisfies Record<string, KnownSet>;

export type KnownSetName = keyof typeof KNOWN_SETS;

export const KNOWN_SET_NAMES = Object.keys(KNOWN_SETS) as readonly KnownSetName[];

/** Addresses of the known sets, for `untarData`. */
export const URLs: Readonly<Record<KnownSetName, string>> = Object.fromEntries(
  KNOWN_SET_NAMES.map((name) => [name, KNOWN_SETS[name].address]),
) as Record<KnownSetName, string>;

/** A set by its name, in small letters or capitals, with `-` for `_`. */
export function knownSet(name: string): KnownSet | undefined {
  const wanted = name.toUpperCase().replaceAll('-', '_');
  const found = KNOWN_SET_NAMES.find((known) => known === wanted);
  return found && KNOWN_SETS[found];
}
