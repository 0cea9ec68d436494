import { z } from 'zod';

/** What Hugging Face's `datasets` says of a column that matters here. */
export type HubFeature = { readonly type: 'image' } | { readonly type: 'class'; readonly names: readonly string[] };

const Info = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });
const ImageFeature = z.object({ _type: z.literal('Image') });
const ClassFeature = z.object({ _type: z.literal('ClassLabel'), names: z.array(z.string()) });

/**
 * The columns that hold images and classes, from the value of the key `huggingface` in a Parquet file's metadata; none if it is
 * no such text.
 */
export function hubFeatures(text: string | undefined): ReadonlyMap<string, HubFeature> {
  const features = new Map<string, HubFeature>();
  const parsed = Info.safeParse(jsonOf(text));
  if (!parsed.success) return features;
  for (const [column, feature] of Object.entries(parsed.data.info.features)) {
    const classes = ClassFeature.safeParse(feature);
    if (classes.success) features.set(column, { type: 'class', names: classes.data.names });
    else if (ImageFeature.safeParse(feature).success) features.set(column, { type: 'image' });
  }
  return features;
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
