import { askInstance } from "./control_client.ts";
import { type CommandArguments, readArguments } from "./command_arguments.ts";
import { durationSeconds } from "./duration_text.ts";
import { BAD_USAGE, refuse } from "../refusal.ts";
import { withInstance } from "./with_instance.ts";
import { print } from "../../output.ts";

const PAUSE = `Usage: gunicorn-autoscaler pause [--for TIME] [--instance PID|DIR]
Keeps the number of workers as it is, until resume or for a TIME such as 10m.`;
const RESUME = `Usage: gunicorn-autoscaler resume [--instance PID|DIR]
Goes back to automatic scaling after pause or scale.`;
const SCALE = `Usage: gunicorn-autoscaler scale N [--for TIME] [--instance PID|DIR]
Pins the number of workers at N, within minimum and maximum, until resume or for a TIME such as 10m.`;
const SET = `Usage: gunicorn-autoscaler set KEY=VALUE [KEY=VALUE ...] [--instance PID|DIR]
Changes settings live, such as max-workers=12 or idle-seconds=10. A restart forgets them.`;

/** `pause`: keeps the number of workers; returns the exit code. */
export async function pause(args: readonly string[]): Promise<number> {
  return await order(readArguments(args, [], ["for"]), PAUSE, 0, () => ({ kind: "paused" }));
}

/** `resume`: returns to automatic scaling; returns the exit code. */
export async function resume(args: readonly string[]): Promise<number> {
  return await order(readArguments(args), RESUME, 0, () => ({ kind: "auto" }));
}

/** `scale N`: pins the number of workers; returns the exit code. */
export async function scale(args: readonly string[]): Promise<number> {
  return await order(readArguments(args, [], ["for"]), SCALE, 1, ([workers = ""]) => {
    if (!/^\d{1,6}$/.test(workers) || Number(workers) < 1) {
      return `Cannot scale to ${workers}: it is no number of workers, give a whole number from 1`;
    }
    return { kind: "pinned", workers: Number(workers) };
  });
}

/** `set KEY=VALUE ...`: changes settings live; returns the exit code. */
export async function set(args: readonly string[]): Promise<number> {
  const given = readArguments(args);
  if (given.help) return printed(SET);
  const errors = [...given.errors];
  const pairs: Record<string, string> = {};
  for (const word of given.words) {
    const equals = word.indexOf("=");
    if (equals < 1) errors.push(`Cannot set ${word}: it has no value, write KEY=VALUE`);
    else pairs[word.slice(0, equals)] = word.slice(equals + 1);
  }
  if (given.words.length === 0) errors.push("Cannot set anything: no setting is named, write KEY=VALUE");
  if (errors.length > 0) return refuse(errors, BAD_USAGE);
  return await command(given.instance, "/settings", pairs);
}

/** The body of the order, or what is wrong with it. */
type BodyOrProblem = Record<string, unknown> | string;

async function order(
  given: CommandArguments,
  help: string,
  wordCount: 0 | 1,
  make: (words: readonly string[]) => BodyOrProblem,
): Promise<number> {
  if (given.help) return printed(help);
  const errors = [...given.errors];
  if (given.words.length !== wordCount) {
    errors.push(
      wordCount === 0
        ? `Cannot use ${given.words.join(" ")}: nothing is expected there, leave it out`
        : "Cannot scale: not one number of workers is given, write one, such as scale 4",
    );
  }
  const time = given.values.get("for");
  const forSeconds = time === undefined ? undefined : durationSeconds(time);
  if (time !== undefined && forSeconds === undefined) {
    errors.push(`Cannot use --for=${time}: it is no time span, give one such as 90s, 10m or 1h30m`);
  }
  const made = errors.length > 0 ? {} : make(given.words);
  if (typeof made === "string") errors.push(made);
  if (errors.length > 0) return refuse(errors, BAD_USAGE);
  return await command(given.instance, "/order", {
    ...made as object,
    ...(time === undefined ? {} : { forSeconds }),
  });
}

/** Sends a command to the instance and prints its answer; returns the exit code. */
async function command(instance: string | undefined, path: string, body: unknown): Promise<number> {
  return await withInstance(instance, async (dir) => {
    const answer = await askInstance(dir, "POST", path, JSON.stringify(body));
    const report = JSON.parse(answer.body) as { text?: string; errors?: string[] };
    return answer.status === 200
      ? printed(report.text ?? "")
      : refuse(report.errors ?? [answer.body], BAD_USAGE);
  });
}

/** Prints the text; returns the exit code. */
function printed(text: string): number {
  print(text);
  return 0;
}
