import { UserError } from '../core/errors.js';

/** Names that a column of labels usually has, the likeliest first. */
const USUAL = ['label', 'labels', 'class', 'class_name', 'category', 'target', 'species', 'fine_label'];

/**
 * The column that holds the labels: the one that is asked for, else the one with a usual name, else the only one there is.
 *
 * @param columns those that can hold labels
 * @param where names the table in messages
 */
export function labelColumnOf(columns: readonly string[], wanted: string | undefined, where: string): string {
  const listed = columns.length === 0 ? 'no columns' : columns.map((name) => `"${name}"`).join(', ');
  if (wanted !== undefined) {
    if (columns.includes(wanted)) return wanted;
    throw new UserError(`${where} has no column "${wanted}" of labels; it has ${listed}`);
  }
  const usual = USUAL.find((name) => columns.includes(name));
  const [only] = columns;
  if (usual !== undefined) return usual;
  if (columns.length === 1 && only !== undefined) return only;
  throw new UserError(
    `${where} has ${listed} beside the pictures; name the one that holds their labels (labelColumn, --label-col)`,
  );
}
