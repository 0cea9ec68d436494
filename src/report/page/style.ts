/** The style of all pages: contrast of 4.5 and more in both colour schemes. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2126; --soft: #59616b; --line: #d9dde2; --card: #f5f6f8;
  --bar: #1f5fa8; --link: #1f5fa8; --error: #a32018; --warning: #7a4b00; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e7eaee; --soft: #a5adb7; --line: #353b43;
  --card: #1f2429; --bar: #6aa5e8; --link: #8fbdf2; --error: #ff9c92; --warning: #f3bf62; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
a { color: var(--link); }
nav ul { list-style: none; margin: 1rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.4rem 1.2rem; }
.count { color: var(--soft); font-weight: normal; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.3rem; }
caption span { position: sticky; left: 0; display: inline-block; max-width: min(46rem, calc(100vw - 2.5rem)); }
th, td { padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th[scope=row], thead > tr > :first-child { max-width: 24rem; text-align: left; font-weight: normal; overflow-wrap: break-word; }
thead > tr > th[scope=col] { font-weight: 600; }
.bar { display: block; height: 0.25rem; min-width: 1px; margin-left: auto; background: var(--bar); border-radius: 2px; }
.findings { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.8rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.findings li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.7rem; }
.findings p { margin: 0.3rem 0 0; overflow-wrap: anywhere; }
.error, .warning { font-weight: 600; }
.error { color: var(--error); }
.warning { color: var(--warning); }
.pictures { display: flex; flex-wrap: wrap; gap: 0.6rem; }
figure { margin: 0; width: 6.5rem; }
.pictures img, .none { display: block; width: 6rem; height: 6rem; object-fit: contain; border-radius: 4px; }
.none { display: grid; place-items: center; border: 1px dashed var(--soft); color: var(--soft); font-size: 0.8rem; }
figcaption { font-size: 0.75rem; line-height: 1.3; color: var(--soft); overflow-wrap: anywhere; }
p, dd, li { overflow-wrap: anywhere; }
section { scroll-margin-top: 1rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 0.4rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9em; }
pre { overflow-x: auto; margin: 0.5rem 0; padding: 0.7rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.note { color: var(--soft); max-width: 46rem; }
.headlines { display: grid; gap: 0.8rem; margin: 1rem 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
.headline { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.8rem 1rem; }
.headline p { margin: 0; }
.headline .value { font-size: 2rem; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.headline .about { color: var(--soft); font-size: 0.9rem; }
.facts { display: grid; gap: 0.5rem 1.5rem; margin: 0.5rem 0; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); }
.facts div { border-bottom: 1px solid var(--line); padding-bottom: 0.4rem; min-width: 0; }
.facts dt { color: var(--soft); font-size: 0.85rem; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
.plot { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; line-height: 0; }
.plot svg { display: block; width: 100%; height: auto; }
.plot .narrow { display: none; }
@media (max-width: 34rem) { .plot .wide-enough { display: none; } .plot .narrow { display: block; } }
.tall { max-height: 32rem; overflow-y: auto; border: 1px solid var(--line); border-radius: 8px; padding: 0 0.7rem; }
.tall thead th { position: sticky; top: 0; background: var(--paper); }
.tall caption { padding-top: 0.5rem; }
.interval { display: block; position: relative; width: 10rem; height: 0.5rem; margin: 0.5rem 0 0 auto; background: var(--card);
  border: 1px solid var(--line); border-radius: 3px; }
.interval i { position: absolute; top: 0; bottom: 0; min-width: 2px; background: var(--bar); border-radius: 2px; }
.matrix td { padding: 0.3rem 0.5rem; min-width: 2.6rem; text-align: center; border: 1px solid var(--paper); }
.matrix thead th { vertical-align: bottom; text-align: center; }
.matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 9rem; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.matrix .strong { color: var(--paper); }
.matrix .zero { color: var(--soft); }
.dots { max-width: 42rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); padding: 0.5rem; }
.dots svg { display: block; width: 100%; height: auto; }
.dots .right { fill: var(--bar); }
.dots .wrong { fill: var(--error); }
.swatch { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 2px; vertical-align: -0.05rem; }
.errors { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.8rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 15.5rem), 1fr)); }
.errors li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.7rem; }
.errors p { margin: 0.4rem 0 0; }
.errors .file { font-size: 0.8rem; color: var(--soft); }
.pair { display: flex; gap: 0.5rem; }
.pair img { width: calc(50% - 0.25rem); max-width: 8rem; aspect-ratio: 1; object-fit: contain; border-radius: 4px; }
.augmented { display: grid; gap: 0.6rem; margin: 0.6rem 0; }
.augmented div { display: flex; flex-wrap: wrap; gap: 0.4rem; align-items: center; }
.augmented img { display: block; width: 5.4rem; height: 5.4rem; border-radius: 4px; }
.augmented p { margin: 0; flex: 0 0 7rem; overflow-wrap: anywhere; }
details { margin: 0.8rem 0; }
summary { cursor: pointer; color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
`;
