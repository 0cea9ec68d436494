/** The style of `dataPage`: contrast of 4.5 and more in both colour schemes. */
export const DATA_PAGE_STYLE = `
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
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.3rem; }
th, td { padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th[scope=row], thead > tr > :first-child { text-align: left; font-weight: normal; overflow-wrap: anywhere; }
thead th { font-weight: 600; }
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
img, .none { display: block; width: 6rem; height: 6rem; object-fit: contain; border-radius: 4px; }
.none { display: grid; place-items: center; border: 1px dashed var(--soft); color: var(--soft); font-size: 0.8rem; }
figcaption { font-size: 0.75rem; line-height: 1.3; color: var(--soft); overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
`;
