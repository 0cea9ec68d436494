import { calibrationSection } from './calibration-section.js';
import { classesSection } from './classes-section.js';
import { confusionSection } from './confusion-section.js';
import { curvesSection } from './curves-section.js';
import { dataSection } from './data-section.js';
import { page, type Section } from './document.js';
import { environmentSection } from './environment-section.js';
import { epochsSection } from './epochs-section.js';
import { finderSection } from './finder-section.js';
import { lead } from './lead.js';
import { recipeSection } from './recipe-section.js';
import { regressionSection } from './regression-section.js';
import { repeatSection } from './repeat-section.js';
import { resultsSection } from './results-section.js';
import type { RunReport } from './run-report.js';
import { worstSection } from './worst-section.js';

/** A part of the page, or nothing where it does not apply. */
export type ReportSection = (report: RunReport) => Section | undefined;

/** The page from top to bottom. */
const SECTIONS: readonly ReportSection[] = [
  resultsSection,
  dataSection,
  recipeSection,
  finderSection,
  curvesSection,
  epochsSection,
  confusionSection,
  classesSection,
  regressionSection,
  worstSection,
  calibrationSection,
  environmentSection,
  repeatSection,
];

/** A training run as one page of HTML that needs nothing else: no scripts, no requests; for narrow and wide screens, light and dark. */
export function runPage(report: RunReport): string {
  return page({
    title: `Training run ${report.name}`,
    lead: lead(report),
    navigation: 'Contents',
    sections: SECTIONS.flatMap((make) => make(report) ?? []),
  });
}
