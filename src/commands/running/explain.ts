import { KEPT_DECISIONS } from "../../status/decision_list.ts";
import type { StatusReport } from "../../status/status_types.ts";
import { decisionLine } from "../../status/terminal/terminal_view.ts";
import { readArguments } from "./command_arguments.ts";
import { askInstance } from "./control_client.ts";
import { BAD_USAGE, FAILED, refuse } from "../refusal.ts";
import { painter, terminalWidth } from "./terminal.ts";
import { withInstance } from "./with_instance.ts";
import { print } from "../../output.ts";

const HELP = `Usage: gunicorn-autoscaler explain [N] [--json] [--instance PID|DIR]
Tells the last N decisions (10 when not given, ${KEPT_DECISIONS} at most) in sentences: what was seen, what was wanted,
what limited it.`;

/** `explain`: the last decisions of a running instance, newest last; returns the exit code. */
export async function explain(args: readonly string[]): Promise<number> {
  const given = readArguments(args, ["json"]);
  if (given.help) {
    print(HELP);
    return 0;
  }
  const [word = "10", ...more] = given.words;
  const errors = [...given.errors];
  if (!/^[1-9]\d*$/.test(word) || Number(word) > KEPT_DECISIONS || more.length > 0) {
    errors.push(
      `Cannot explain ${given.words.join(" ")}: it is not one number of decisions that are kept, ` +
        `give one from 1 to ${KEPT_DECISIONS}`,
    );
  }
  if (errors.length > 0) return refuse(errors, BAD_USAGE);
  return await withInstance(given.instance, async (dir) => {
    const answer = await askInstance(dir, "GET", "/status");
    if (answer.status !== 200) return refuse([answer.body.trim()], FAILED);
    const report = JSON.parse(answer.body) as StatusReport;
    const last = report.decisions.slice(-Number(word));
    print(given.flags.has("json") ? JSON.stringify(last) : lines(report, last).join("\n"));
    return 0;
  });
}

function lines(report: StatusReport, last: StatusReport["decisions"]): string[] {
  const paint = painter();
  const lines = last.flatMap((decision) =>
    decisionLine(decision, Date.parse(report.now), paint, terminalWidth())
  );
  const none = "No decision yet: the number of workers has been right so far.";
  return [...(lines.length === 0 ? [none] : lines), `${paint("bold", "now")}: ${report.decision.text}`];
}
