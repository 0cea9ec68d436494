/** A block of code: ```` ```LANGUAGE INFO ```` and what follows up to the closing fence. */
export interface CodeBlock {
  readonly language: string;
  readonly info: string;
  readonly code: string;
  /** The line of the document that holds the first line of `code`, from 1. */
  readonly line: number;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\S*)([^\n]*)\n(.*?)^```$/gms)].map(
    ({ 1: language = '', 2: info = '', 3: code = '', index }) => ({
      language,
      info: info.trim(),
      code,
      line: markdown.slice(0, index).split('\n').length + 1,
    }),
  );
}

/** The text without code, of which only line breaks are left. */
function prose(markdown: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, '');
  return markdown.replace(/^```.*?^```$/gms, blank).replace(/(`+)(?!`).*?[^`]\1(?!`)/g, blank);
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

/** Where `[text](target)` and `![text](target)` point to. */
export function links(markdown: string): Link[] {
  const lines = prose(markdown).split('\n');
  return lines.flatMap((line, i) =>
    [...line.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ target, line: i + 1 })),
  );
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchors(markdown: string): Set<string> {
  const headings = markdown.replace(/^```.*?^```$/gms, '').matchAll(/^#{1,6} +(.*)$/gm);
  const found = new Set<string>();
  for (const [, heading = ''] of headings) {
    const plain = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '');
    const slug = plain.replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; found.has(anchor); n++) anchor = `${slug}-${n}`;
    found.add(anchor);
  }
  return found;
}
