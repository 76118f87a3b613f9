import { errorText } from "../../error_text.ts";
import { BAD_USAGE, refuse } from "../refusal.ts";
import { page } from "../../simulation/report/page.ts";
import { recordedResult } from "../../simulation/report/recorded_result.ts";
import { STANDARD_OUTPUT, writePage } from "./page_file.ts";
import { readFile } from "../../simulation/load/loads.ts";
import { parseRecording } from "../../simulation/load/recording.ts";
import { print } from "../../output.ts";

const USAGE = `Usage: gunicorn-autoscaler report FILE [--html OUT] [--slo MS]

Makes one self-contained page (load, workers, queue, latency, each decision on hover) from a recording that
run --record FILE wrote. It is written to OUT, by default to FILE with .html in place of its ending.

  --html OUT      file for the page; - for standard output
  --slo MS        the SLO that the page shows [the recording's]

Exit codes: 0; 2 for bad usage or a file that cannot be read.`;

/**
 * The `report` command.
 * @returns the exit code: 0, or 2 with every error on standard error
 */
export async function report(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    print(USAGE);
    return 0;
  }
  const { files, out, slo, errors } = read(args);
  const [file] = files;
  if (errors.length > 0 || file === undefined) {
    return refuse(errors, BAD_USAGE);
  }
  const target = out ?? file.replace(/(\.[a-z]+)?$/, ".html");
  let html: string;
  try {
    const recording = parseRecording(readFile(file), file);
    const sloMs = slo ?? recording.header?.settings.sloP95Ms ?? 300;
    const result = recordedResult(recording, sloMs);
    const began = recording.header && new Date(recording.header.epochMs + recording.ticks[0]!.sample.nowMs);
    html = page({
      title: "gunicorn-autoscaler: recording",
      subtitle:
        `${file}${began ? `, from ${began.toISOString()}` : ""}, ${
          (result.durationMs / 1000).toFixed(0)
        } s, ` +
        `about ${result.offered.toLocaleString("en")} requests; latencies are estimates`,
      sloMs,
      results: [result],
      foresight: undefined,
    });
    if (target !== STANDARD_OUTPUT) await writePage(target, html, [file]);
  } catch (error) {
    return refuse([errorText(error)], BAD_USAGE);
  }
  print(target === STANDARD_OUTPUT ? html : `The page is in ${target}.`);
  return 0;
}

function read(args: readonly string[]): { files: string[]; out?: string; slo?: number; errors: string[] } {
  const result: { files: string[]; out?: string; slo?: number; errors: string[] } = { files: [], errors: [] };
  for (let i = 0; i < args.length; i++) {
    const [, name, joined] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name === undefined) {
      result.files.push(args[i]!);
      continue;
    }
    if (name !== "html" && name !== "slo") {
      result.errors.push(`Cannot use --${name}: there is no such option, use --html or --slo`);
      continue;
    }
    const value = joined ?? args[++i];
    if (value === undefined || value === "") {
      result.errors.push(`Cannot use --${name}: its value is missing, write --${name}=VALUE`);
    } else if (name === "html") result.out = value;
    else if (Number(value) > 0 && Number.isFinite(Number(value))) result.slo = Number(value);
    else result.errors.push(`Cannot use --slo=${value}: it is not a time, give a number of ms above 0`);
  }
  if (result.files.length !== 1) {
    result.errors.push(
      result.files.length === 0
        ? "Cannot report: no recording is named, add the file that run --record wrote"
        : `Cannot report on ${result.files.length} files: a page shows one recording, name one`,
    );
  }
  return result;
}
