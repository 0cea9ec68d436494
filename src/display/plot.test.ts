import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { linePlot, PALETTES, type Palette, Plot, Table } from './index.js';

const CHART = {
  title: 'Lines & <points>',
  x: { name: 'step', min: 0, max: 4 },
  y: { name: 'height' },
  curves: [
    {
      name: 'line',
      points: [
        [0, 0],
        [4, 4],
      ],
    },
    {
      name: 'points',
      kind: 'points',
      points: [
        [0, 4],
        [2, 0],
        [4, Number.NaN],
      ],
    },
  ],
  marks: [{ name: 'half', at: 1, colour: 'grey' }],
} as const;

test('a plot in light, dark, and as its reader prefers', () => {
  const plot = linePlot(CHART);
  const light = plot.svg();
  assert.match(light, /^<svg role="img" aria-label="Lines &amp; &lt;points&gt;"/);
  assert.ok(light.includes(PALETTES.light.ink) && !light.includes(PALETTES.dark.ink));
  const dark = plot.svg({ theme: 'dark', width: 400, height: 300 });
  assert.ok(dark.includes(PALETTES.dark.ink) && !dark.includes(PALETTES.light.ink));
  assert.match(dark, /width="400" height="300"/);
  const auto = plot.svg({ theme: 'auto' });
  assert.ok(auto.includes(`[data-fill="-${PALETTES.dark.ink.slice(1)}"]{fill:${PALETTES.dark.ink}}`));
  // Without its rules it is the light one.
  assert.equal(auto.replace(/<style>.*?<\/style>/, '').replace(/ data-(fill|stroke)="[^"]*"/g, ''), light);
  // Nothing depends on how many were drawn before.
  assert.equal(plot.svg(), light);
});

/** Contrast as the Web Content Accessibility Guidelines 2.2 define it. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

test('colours can be told from the paper', () => {
  for (const palette of Object.values(PALETTES) satisfies Palette[]) {
    assert.ok(contrast(palette.ink, palette.paper) >= 7);
    for (const colour of [palette.grey, ...palette.series]) {
      assert.ok(contrast(colour, palette.paper) >= 4, `${colour} on ${palette.paper}`);
    }
  }
});

test('in a terminal curves are dotted, points are letters, and marks are numbered', () => {
  assert.equal(
    linePlot(CHART).text({ width: 24, height: 5 }),
    [
      'Lines & <points>',
      'height',
      '4 ┤o    1           ⣀⠤⠒⠉',
      '  ┤     ╎      ⢀⡠⠤⠒⠉',
      '2 ┤     ╎  ⢀⡠⠔⠊⠁',
      '  ┤    ⣀⠤⠒⠊⠁',
      '0 ┤⣀⠤⠒⠉ ╎    o',
      '  └─────────────────────',
      '   0         2         4',
      '           step',
      '⠒⠒ line   o points',
      '1╎ half',
    ].join('\n'),
  );
});

test('notebooks are shown a picture or a table, others text', () => {
  const DISPLAY = Symbol.for('Jupyter.display');
  const plot = linePlot(CHART);
  assert.ok(DISPLAY in plot && typeof plot[DISPLAY] === 'function');
  assert.deepEqual(plot[DISPLAY](), { 'image/svg+xml': plot.svg({ theme: 'auto' }), 'text/plain': plot.text() });
  const table = new Table(
    '<Epochs>',
    ['epoch', 'loss'],
    [
      ['0', 0.123456789],
      ['1', undefined],
    ],
  );
  assert.equal(table.text(), 'epoch  loss\n0      0.123457\n1      –');
  assert.ok(DISPLAY in table && typeof table[DISPLAY] === 'function');
  assert.deepEqual(Object.keys(table[DISPLAY]()), ['text/html', 'text/plain']);
  assert.match(
    table.html(),
    /<caption>&lt;Epochs&gt;<\/caption>[\s\S]*<th scope="row">0<\/th><td style="text-align:right">0.123457</,
  );
});

test('a console prints plots and tables as text', () => {
  const table = new Table('Epochs', ['epoch', 'loss'], [['0', 0.5]]);
  assert.equal(inspect(table), table.text());
  const plot = linePlot({
    title: 'One',
    x: { name: 'epoch', whole: true },
    y: { name: 'loss' },
    curves: [{ name: 'a', kind: 'dots', points: [[0, 0.02]] }],
  });
  assert.equal(inspect(plot), plot.text());
  // A single value is an axis of its own size, not half up and half down.
  assert.match(plot.text(), /0\.022 ┤[\s\S]*0\.018 ┤/);
});

test('a plot without text of its own is its title in a terminal', () => {
  assert.equal(new Plot({ title: 'Matrix', option: () => ({}) }).text(), 'Matrix');
});
