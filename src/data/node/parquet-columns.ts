import { type FileMetaData, parquetSchema } from 'hyparquet';
import { UserError } from '../../core/errors.js';
import { hubFeatures } from '../hub-features.js';
import { labelColumnOf } from '../label-column.js';

export interface ColumnOptions {
  /** The column that holds the pictures. Default: from the file's metadata or its types. */
  readonly imageColumn?: string | undefined;
  /** The column that holds the labels. Default: `label` or the like, or the only one that can. */
  readonly labelColumn?: string | undefined;
}

/** Which columns of a Parquet file hold pictures and labels. */
export interface PictureColumns {
  readonly image: string;
  readonly label: string;
  /** Names of the classes, where labels are their numbers. */
  readonly names: readonly string[] | undefined;
}

/**
 * Finds the columns. Pictures are bytes, or structs of `bytes` and `path` as Hugging Face's `datasets` writes them; labels are
 * strings or whole numbers. Throws a UserError that names the columns there are.
 */
export function pictureColumns(file: string, metadata: FileMetaData, options: ColumnOptions): PictureColumns {
  const features = hubFeatures(metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value);
  const columns = parquetSchema(metadata).children.map(({ element, children }) => ({ element, children }));
  const images = columns.filter(({ element, children }) =>
    children.length > 0
      ? children.some(({ element: { name, type } }) => name === 'bytes' && type === 'BYTE_ARRAY')
      : element.type === 'BYTE_ARRAY' && !isText(element),
  );
  const ofFeature = (type: string) => [...features].filter(([, f]) => f.type === type).map(([name]) => name);
  const image = imageColumnOf(
    file,
    images.map(({ element }) => element.name),
    ofFeature('image'),
    options.imageColumn,
  );
  const labels = columns.filter(
    ({ element, children }) =>
      children.length === 0 &&
      element.name !== image &&
      (isText(element) || element.type === 'INT32' || element.type === 'INT64' || element.type === 'BOOLEAN'),
  );
  const classes = ofFeature('class');
  // Columns that are said to be classes are likelier than others.
  const candidates =
    classes.length > 0 && options.labelColumn === undefined ? classes : labels.map((l) => l.element.name);
  const label = labelColumnOf(candidates, options.labelColumn, file);
  const feature = features.get(label);
  return { image, label, names: feature?.type === 'class' ? feature.names : undefined };
}

function imageColumnOf(
  file: string,
  columns: readonly string[],
  said: readonly string[],
  wanted: string | undefined,
): string {
  const listed = columns.length === 0 ? 'none' : columns.map((name) => `"${name}"`).join(', ');
  if (wanted !== undefined) {
    if (columns.includes(wanted)) return wanted;
    throw new UserError(`${file} has no column "${wanted}" of pictures; columns that can hold some: ${listed}`);
  }
  const usual = [...said, 'image', 'img', 'picture'].find((name) => columns.includes(name));
  const [only] = columns;
  if (usual !== undefined) return usual;
  if (columns.length === 1 && only !== undefined) return only;
  throw new UserError(
    `${file} does not say which column holds pictures; columns that can: ${listed}. Name it (imageColumn, --image-col)`,
  );
}

function isText({ converted_type, logical_type }: FileMetaData['schema'][number]): boolean {
  return converted_type === 'UTF8' || converted_type === 'ENUM' || logical_type?.type === 'STRING';
}
