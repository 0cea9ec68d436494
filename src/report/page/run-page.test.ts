import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runPage } from './run-page.js';
import { reportOf } from './testing/report-of.js';

/** Ids of its sections, in order; each is named by a heading, and led to by the contents. */
function sectionsOf(page: string): string[] {
  const ids = [...page.matchAll(/<section aria-labelledby="([\w-]+)">\n<h2 id="\1">/g)].map(([, id = '']) => id);
  assert.deepEqual(
    [...page.matchAll(/<li><a href="#([\w-]+)">/g)].map(([, id]) => id),
    ids,
  );
  return ids;
}

/** A page needs nothing else, runs nothing, and holds no tag that is not its own. */
function assertSelfContained(page: string): void {
  assert.match(page, /^<!doctype html>\n<html lang="en">/);
  assert.doesNotMatch(page, /<script|<link(?! rel="icon" href="data:,")|@import|url\((?!#)|src="(?!data:)| on\w+="/);
  assert.doesNotMatch(page, /<cat>|<i>\/|my <pictures>|<b>\.jpg/);
  for (const [image] of page.matchAll(/<img[^>]*>/g)) assert.match(image, / alt="[^"]+"/);
}

test('a run of two classes: all sections, everything escaped', () => {
  const page = runPage(reportOf('single-label', ['<cat>', 'dog "a"']));
  assertSelfContained(page);
  assert.deepEqual(sectionsOf(page), [
    ...['results', 'data', 'recipe', 'finder', 'curves', 'epochs', 'confusion', 'classes', 'worst', 'calibration'],
    ...['environment', 'repeat'],
  ]);
  assert.match(page, /<h1>Training run first &amp; best<\/h1>/);
  assert.match(page, /<p class="value">75\.0 %<\/p>\s*<p class="about">95 % interval 50\.0 % to 90\.0 %/);
  assert.match(page, /<table class="matrix">/);
  assert.match(page, /dog &quot;a&quot;<\/strong> \(60\.0 %\) for <strong>&lt;cat&gt;<\/strong>/);
  assert.match(page, /onecycle train &#39;my &lt;pictures&gt;&#39;/);
  assert.match(page, /--valid-pct/);
});

test('a run of 200 classes has a matrix of squares and the most confused pairs', () => {
  const classes = Array.from({ length: 200 }, (_, c) => `class ${c}`);
  const page = runPage(reportOf('single-label', classes));
  assertSelfContained(page);
  assert.doesNotMatch(page, /<table class="matrix">/);
  assert.match(page, /viewBox="0 0 200 200"/);
  assert.match(page, /<th scope="row">class 0<\/th><td>class 199<\/td>/);
  assert.ok(page.length < 1.5e6, `${page.length} letters`);
});

test('sections that do not apply to a task are left out', () => {
  const several = sectionsOf(runPage(reportOf('multi-label', ['<cat>', 'dog'])));
  assert.ok(several.includes('classes') && several.includes('calibration') && !several.includes('confusion'));
  const values = sectionsOf(runPage(reportOf('regression', ['x', 'y'])));
  assert.ok(values.includes('values') && values.includes('worst'));
  for (const id of ['classes', 'calibration', 'confusion']) assert.ok(!values.includes(id), id);
});

test('what a run has not kept is said, or left out', () => {
  const { summary, name, command } = reportOf('single-label', ['cat', 'dog']);
  const page = runPage({ name, command, summary, measured: [] });
  assert.match(page, /No pictures were kept with this run/);
  assert.deepEqual(sectionsOf(page), ['results', 'data', 'recipe', 'finder', 'epochs', 'environment', 'repeat']);
});
