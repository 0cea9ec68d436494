import { type Html, html, raw } from './html.js';
import { STYLE } from './style.js';

/** A section of a page, that the contents lead to. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
  /** How many things it lists, shown beside its title. */
  readonly count?: string | undefined;
}

/** A page of HTML that needs nothing else: no scripts, no requests, pictures as data URIs. */
export function page(o: {
  readonly title: string;
  readonly lead: Html;
  readonly navigation: string;
  readonly sections: readonly Section[];
}): string {
  const links = o.sections.map(({ id, title, count }) => {
    return html`<li><a href="#${id}">${title}</a>${counted(count)}</li>`;
  });
  const contents = links.length === 0 ? undefined : html`<nav aria-label="${o.navigation}"><ul>${links}</ul></nav>`;
  const sections = o.sections.map(
    ({ id, title, count, body }) => html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}${counted(count)}</h2>
${body}
</section>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>${o.title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<h1>${o.title}</h1>
${o.lead}
</header>
${contents}
<main>
${sections}
</main>
</body>
</html>
`.text;
}

function counted(count: string | undefined): Html | undefined {
  return count === undefined ? undefined : html` <span class="count">${count}</span>`;
}
