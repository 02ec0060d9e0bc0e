import { checkGroups } from './checks/index.js';
import type { MachineFacts } from './facts/facts.js';
import type { Check, Finding } from './facts/finding.js';

/** Findings under a heading. */
export interface FindingGroup {
  readonly heading: string;
  readonly findings: readonly Finding[];
}

/** A check that fails is a mistake in it, and hides no other. */
function runCheck(check: Check, facts: MachineFacts): readonly Finding[] {
  try {
    return check(facts);
  } catch (error) {
    const text = `the check ${check.name} failed: ${String(error)}`;
    return [{ id: 'check-failed', state: 'warning', text, fix: 'Please report it.' }];
  }
}

/** Returns the findings of all checks about a machine. Never throws. */
export function examine(facts: MachineFacts): readonly FindingGroup[] {
  return checkGroups.flatMap(([heading, checks]) => {
    const findings = checks.flatMap((check) => runCheck(check, facts));
    return findings.length > 0 ? [{ heading, findings }] : [];
  });
}
