/** One JUnit report of those that `deno test` writes for each job. */
import type { Job } from "./plan.ts";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `deno test` names suites after the file that calls Deno.test, which is not the test's own when a preload wraps it. */
const WRAPPER = /="\.\/tests\/support\/[^"]*time_limit\.ts"/g;

/** The suites of a job's report, as text. Without a report, or when the job failed and no test did, one that failed. */
export function suitesOf(job: Job, report: string, failed: boolean): string {
  const suites = (report.match(/<testsuite [\s\S]*<\/testsuite>/)?.[0] ?? "")
    .replaceAll(WRAPPER, `="./${job.name}"`);
  if (!failed || countTests(suites).failed > 0) return suites;
  return `${suites}<testsuite name="./${job.name}" tests="1" disabled="0" errors="0" failures="1">
        <testcase name="${job.name} runs" classname="./${job.name}" time="0">
            <failure message="it ended without a failed test, see its output"/>
        </testcase>
    </testsuite>`;
}

/** A whole report. */
export function junitReport(suites: readonly string[], seconds: number): string {
  const { passed, failed, skipped } = countTests(suites.join(""));
  const tests = passed + failed + skipped;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="${tests}" failures="${failed}" errors="0" time="${seconds.toFixed(3)}">
    ${suites.filter((one) => one !== "").join("\n    ")}
</testsuites>
`;
}

export function countTests(suites: string): Counts {
  const count = (pattern: RegExp) => suites.match(pattern)?.length ?? 0;
  const tests = count(/<testcase /g);
  const failed = count(/<(failure|error)[ >/]/g);
  const skipped = count(/<skipped[ >/]/g);
  return { passed: tests - failed - skipped, failed, skipped };
}
