import { z } from 'zod';
import { IMAGENET, type Preprocessing } from '../architecture.js';
import type { InnerNormalisation } from './normalisation.js';

/** As much as a source tells of how pictures are to be prepared. */
export type KnownPreprocessing = { readonly [K in keyof Preprocessing]?: Preprocessing[K] | undefined };

/** Text that came with a model: its metadata, or a file of JSON beside it. */
export interface PreprocessingSource {
  /** Names it in messages. */
  readonly name: string;
  readonly content: unknown;
}

const Triple = z.union([
  z.tuple([z.number(), z.number(), z.number()]),
  z.number().transform((x): [number, number, number] => [x, x, x]),
]);
const Side = z.union([
  z.number(),
  z.object({ height: z.number() }).transform((o) => o.height),
  z.object({ shortest_edge: z.number() }).transform((o) => o.shortest_edge),
]);
/** What Pillow's numbers of filters and libraries' names stand for. */
const Filter = z.union([
  z.literal([2, 'bilinear']).transform(() => 'bilinear' as const),
  z.literal([3, 'bicubic']).transform(() => 'bicubic' as const),
]);

/** timm's `config.json`, Hugging Face's `preprocessor_config.json`, and metadata with the names of either. */
const Known = z
  .object({
    mean: Triple.optional().catch(undefined),
    std: Triple.optional().catch(undefined),
    image_mean: Triple.optional().catch(undefined),
    image_std: Triple.optional().catch(undefined),
    input_size: z.array(z.number()).optional().catch(undefined),
    size: Side.optional().catch(undefined),
    crop_size: Side.optional().catch(undefined),
    interpolation: Filter.optional().catch(undefined),
    resample: Filter.optional().catch(undefined),
    crop_pct: z.number().optional().catch(undefined),
    do_center_crop: z.boolean().optional().catch(undefined),
    do_normalize: z.boolean().optional().catch(undefined),
  })
  .transform((o): KnownPreprocessing => {
    const identity = o.do_normalize === false;
    const cropped = o.do_center_crop !== false ? o.crop_size : undefined;
    const inputSize = o.input_size?.at(-1) ?? cropped ?? o.size;
    const share = cropped !== undefined && o.size !== undefined && cropped <= o.size ? cropped / o.size : undefined;
    return {
      mean: identity ? [0, 0, 0] : (o.mean ?? o.image_mean),
      std: identity ? [1, 1, 1] : (o.std ?? o.image_std),
      inputSize,
      interpolation: o.interpolation ?? o.resample,
      cropShare: o.crop_pct ?? share,
    };
  });

/** What a source tells; nothing where it has none of the names. */
export function readPreprocessing(source: PreprocessingSource): KnownPreprocessing {
  const outer = z.object({ pretrained_cfg: z.unknown() }).safeParse(source.content);
  const parsed = Known.safeParse(
    outer.success && outer.data.pretrained_cfg !== undefined ? outer.data.pretrained_cfg : source.content,
  );
  return parsed.success ? parsed.data : {};
}

/** The metadata of a model, whose values are text that may be JSON. */
export function metadataSource(metadata: Readonly<Record<string, string>>): PreprocessingSource {
  const content = Object.entries(metadata).map(([key, text]) => [key.replace(/^.*[./]/, ''), parsed(text)] as const);
  return { name: "the model's metadata", content: Object.fromEntries(content) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface Prepared {
  readonly preprocessing: Preprocessing;
  readonly notices: readonly string[];
}

/**
 * How pictures are to be prepared: as the options say; normalised inside the graph, as it does itself; as the first source
 * that tells; or as ImageNet's, with a notice.
 *
 * @param side of the pictures that the file takes, or that it was looked at with
 */
export function preprocessingOf(
  given: KnownPreprocessing,
  inner: InnerNormalisation | undefined,
  sources: readonly PreprocessingSource[],
  side: number,
  file: string,
): Prepared {
  const told = sources.map(readPreprocessing);
  const first = <K extends keyof Preprocessing>(key: K): Preprocessing[K] | undefined =>
    given[key] ?? told.find((o) => o[key] !== undefined)?.[key];
  const notices: string[] = [];
  const normalisation = (): Pick<Preprocessing, 'mean' | 'std'> => {
    if (given.mean === undefined && given.std === undefined && inner !== undefined) return rangeOf(inner);
    const [mean, std] = [first('mean'), first('std')];
    if (mean === undefined || std === undefined) {
      notices.push(
        `${file} does not say how pictures are normalised: ImageNet's mean and deviation are taken; other ones can be given as options mean and std, or in a preprocessor_config.json beside it`,
      );
    }
    return { mean: mean ?? IMAGENET.mean, std: std ?? IMAGENET.std };
  };
  return {
    preprocessing: {
      ...normalisation(),
      inputSize: first('inputSize') ?? side,
      interpolation: first('interpolation') ?? 'bilinear',
      cropShare: first('cropShare') ?? 0.875,
    },
    notices,
  };
}

/** A graph that normalises takes values in 0…1, or in 0…255 where it divides by as much itself. */
function rangeOf(inner: InnerNormalisation): Pick<Preprocessing, 'mean' | 'std'> {
  const bytes = Math.max(...inner.scale.map(Math.abs)) < 0.1;
  const std = bytes ? 1 / 255 : 1;
  return { mean: [0, 0, 0], std: [std, std, std] };
}
