import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { runPage } from './run-page.js';
import { reportOf } from './testing/report-of.js';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = PLACES.find((path) => existsSync(path));
const skip =
  executablePath === undefined ? `pages are not looked at: there is no browser at ${PLACES.join(' or ')}` : false;
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];
const TIMEOUT = 120_000;

/** Runs in the page: texts whose contrast with what is behind them is below 4.5, or 3 where they are large. */
const FAINT = `(() => {
  const parse = (text) => {
    const n = text.match(/-?[\\d.]+(?:e-?\\d+)?/g).map(Number);
    return text.startsWith('color(') ? [...n.slice(0, 3).map((c) => c * 255), n[3] ?? 1] : [...n.slice(0, 3), n[3] ?? 1];
  };
  const luminance = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => {
    const s = c[i] / 255;
    return sum + w * (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0.99) return colour;
    }
    return [255, 255, 255, 1];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest('svg, style')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(parse(style.color)), luminance(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) faint.push(node.data.trim() + ' ' + ratio.toFixed(2));
  }
  return faint;
})()`;
/** Runs in the page: how far it is wider than the screen, in pixels. */
const TOO_WIDE = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
/** Runs in the page: levels of headings, numbers of landmarks, pictures that did not load. */
const FACTS = `({
  levels: [...document.querySelectorAll('h1, h2, h3')].map((h) => Number(h.tagName[1])),
  landmarks: ['header', 'nav[aria-label]', 'main'].map((name) => document.querySelectorAll(name).length),
  broken: [...document.images].filter((image) => image.naturalWidth === 0).length,
  unnamed: [...document.querySelectorAll('svg')].filter((svg) => !svg.getAttribute('aria-label')).length,
  shown: [...document.querySelectorAll('.plot svg')].filter((svg) => svg.clientWidth > 0).length,
  plots: document.querySelectorAll('.plot').length,
})`;

describe('the report in a browser', { skip, timeout: TIMEOUT }, () => {
  let browser: Browser;
  before(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: FLAGS, timeout: TIMEOUT });
  });
  after(() => browser.close());

  const long = 'a very long name of a class that does not fit into any column of a narrow table';
  const pages = {
    'two classes': runPage(reportOf('single-label', ['<cat>', long])),
    '200 classes': runPage(
      reportOf(
        'single-label',
        Array.from({ length: 200 }, (_, c) => `class ${c}`),
      ),
    ),
    'a regression': runPage(reportOf('regression', ['x', 'y'])),
  };
  for (const [name, html] of Object.entries(pages)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`${name}, ${colorScheme}: quiet, legible, and no wider than a phone`, async () => {
        const page = await browser.newPage({ colorScheme, viewport: { width: 360, height: 740 } });
        page.setDefaultTimeout(TIMEOUT);
        const heard: string[] = [];
        page.on('console', (message) => heard.push(message.text()));
        page.on('pageerror', (error) => heard.push(error.message));
        page.on('request', (request) => {
          if (!request.url().startsWith('data:')) heard.push(request.url());
        });
        await page.setContent(html, { timeout: TIMEOUT });
        assert.deepEqual(heard, []);
        assert.equal(await page.evaluate(TOO_WIDE), 0);
        assert.deepEqual(await page.evaluate(FAINT), []);
        const facts: unknown = await page.evaluate(FACTS);
        assert.ok(typeof facts === 'object' && facts !== null && 'levels' in facts && Array.isArray(facts.levels));
        const { levels, ...rest } = facts;
        assert.equal(levels[0], 1);
        for (const [i, level] of levels.entries()) assert.ok(level - (levels[i - 1] ?? 0) <= 1, 'a level is left out');
        const plots = 'plots' in rest ? rest.plots : 0;
        assert.deepEqual(rest, { landmarks: [1, 1, 1], broken: 0, unnamed: 0, shown: plots, plots });
        await page.close();
      });
    }
  }
});
