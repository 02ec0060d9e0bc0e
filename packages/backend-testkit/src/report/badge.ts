import type { ConformanceReport } from './report.js';

/** A badge, as an endpoint of shields.io has it: https://shields.io/badges/endpoint-badge. */
export interface Badge {
  readonly schemaVersion: 1;
  readonly label: string;
  readonly message: string;
  readonly color: string;
}

const COLORS = { brightgreen: '#4c1', green: '#97ca00', lightgrey: '#9f9f9f', red: '#e05d44' } as const;

/** The badge of a report: green for all that was run, grey where it was a part of the kit, red where a test failed. */
export function badgeOf({ counts }: Pick<ConformanceReport, 'counts'>): Badge {
  const { passed, failed, skipped, notRun } = counts;
  const [message, color]: readonly [string, keyof typeof COLORS] =
    failed > 0
      ? [`${failed} of ${passed + failed} failed`, 'red']
      : notRun > 0
        ? [`${passed} passed, ${notRun} not run`, 'lightgrey']
        : skipped > 0
          ? [`${passed} passed, ${skipped} skipped`, 'green']
          : [`${passed} passed`, 'brightgreen'];
  return { schemaVersion: 1, label: 'attune conformance', message, color };
}

/** About the width of a text in the badge's font, in pixels: Verdana's letters at 11 px, on the wide side. */
const widthOf = (text: string) => Math.round(text.length * 6.8) + 10;

/** The badge as an image. */
export function badgeSvg(report: Pick<ConformanceReport, 'counts'>): string {
  const { label, message, color } = badgeOf(report);
  const [left, right] = [widthOf(label), widthOf(message)];
  const text = (content: string, x: number) =>
    `<text x="${x}" y="14" fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${content}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}: ${message}">
<title>${label}: ${message}</title>
<rect width="${left + right}" height="20" rx="3" fill="#555"/>
<path fill="${COLORS[color as keyof typeof COLORS]}" d="M${left} 0h${right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-${right - 3}z"/>
${text(label, left / 2)}
${text(message, left + right / 2)}
</svg>
`;
}
