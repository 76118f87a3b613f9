import type { StatusReport } from "../../status/report.ts";
import { decisionLine } from "../../status/terminal_view.ts";
import { readArguments } from "./command_arguments.ts";
import { askInstance } from "./control_client.ts";
import { findInstance } from "./find_instance.ts";
import { painter, width } from "./status.ts";

const HELP = `Usage: gunicorn-autoscaler explain [N] [--json] [--instance PID|DIR]
Tells the last N decisions (10 when not given) in sentences: what was seen, what was wanted, what limited it.`;

/** `explain`: the last decisions of a running instance, newest last; returns the exit code. */
export async function explain(args: readonly string[]): Promise<number> {
  const given = readArguments(args, ["json"]);
  if (given.help) {
    console.log(HELP);
    return 0;
  }
  const [word = "10", ...more] = given.words;
  const errors = [...given.errors];
  if (!/^[1-9]\d{0,3}$/.test(word) || more.length > 0) {
    errors.push(
      `Cannot explain ${given.words.join(" ")}: it is not one number of decisions, give one from 1 to 9999`,
    );
  }
  for (const error of errors) console.error(error);
  if (errors.length > 0) return 2;
  const found = findInstance(given.instance);
  if ("error" in found) {
    console.error(found.error);
    return 1;
  }
  try {
    const answer = await askInstance(found.dir, "GET", "/status");
    if (answer.status !== 200) {
      console.error(answer.body.trim());
      return 1;
    }
    const report = JSON.parse(answer.body) as StatusReport;
    const last = report.decisions.slice(-Number(word));
    if (given.flags.has("json")) console.log(JSON.stringify(last));
    else console.log(lines(report, last).join("\n"));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

function lines(report: StatusReport, last: StatusReport["decisions"]): string[] {
  const paint = painter();
  const told = last.flatMap((decision) => decisionLine(decision, Date.parse(report.now), paint, width()));
  const none = "No decision yet: the number of workers has been right so far.";
  return [...(told.length === 0 ? [none] : told), `${paint("bold", "now")}: ${report.decision.text}`];
}
