/** A colour in an attribute of an SVG document. */
const COLOUR = / (fill|stroke)="(#[0-9a-f]{3,8}|rgba?\([^)"]*\))"/g;

/**
 * Joins a chart's light and dark drawing, which differ in colours only: the light one, with the dark colours beside its own and a rule that
 * shows them where the reader prefers dark. What knows no such rules shows the light one.
 *
 * The rules name colours, not elements, so that several charts can stand in one page.
 */
export function followingPreference(light: string, dark: string): string {
  const darkColours = [...dark.matchAll(COLOUR)].map(([, , colour = '']) => colour);
  const rules = new Set<string>();
  let i = 0;
  const marked = light.replace(COLOUR, (found: string, attribute: string, colour: string) => {
    const other = darkColours[i++] ?? colour;
    if (other === colour) return found;
    const name = other.replace(/[^0-9a-z]+/g, '-');
    rules.add(`[data-${attribute}="${name}"]{${attribute}:${other}}`);
    return `${found} data-${attribute}="${name}"`;
  });
  const style = `<style>@media (prefers-color-scheme:dark){${[...rules].join('')}}</style>`;
  return marked.replace(/^<svg[^>]*>/, (root) => `${root}${style}`);
}
