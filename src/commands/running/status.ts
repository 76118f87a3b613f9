import type { HistoryReport, StatusReport } from "../../status/status_types.ts";
import { appended } from "../../status/series.ts";
import { terminalView } from "../../status/terminal/terminal_view.ts";
import { readArguments } from "./command_arguments.ts";
import { askInstance, followInstance } from "./control_client.ts";
import { BAD_USAGE, FAILED, refuse } from "../refusal.ts";
import { withInstance } from "./with_instance.ts";
import { isScreen, painter, terminalWidth } from "./terminal.ts";
import { print, write } from "../../output.ts";

const HELP = `Usage: gunicorn-autoscaler status [--watch] [--json] [--instance PID|DIR]
Shows what a running autoscaler does and why. --watch: live. --json: as JSON, with --watch a line a second.
Colours go to terminals only; NO_COLOR and TERM=dumb turn them off.`;

/** Signals that end --watch, and its exit codes. */
const WATCH_ENDS = { SIGINT: 0, SIGHUP: 129, SIGTERM: 143 } as const;

/** `status`: one screen of a running instance; returns the exit code. */
export async function status(args: readonly string[]): Promise<number> {
  const given = readArguments(args, ["watch", "json"]);
  if (given.help) {
    print(HELP);
    return 0;
  }
  const errors = [
    ...given.errors,
    ...given.words.map((word) => `Cannot use ${word}: nothing is expected there, leave it out`),
  ];
  if (errors.length > 0) return refuse(errors, BAD_USAGE);
  const json = given.flags.has("json");
  const show = given.flags.has("watch") ? watch : once;
  return await withInstance(given.instance, (dir) => show(dir, json));
}

async function once(dir: string, json: boolean): Promise<number> {
  const [report, history] = await Promise.all([
    askInstance(dir, "GET", "/status"),
    json ? undefined : askInstance(dir, "GET", "/history"),
  ]);
  if (report.status !== 200) return refuse([report.body.trim()], FAILED);
  if (json) print(report.body.trim());
  else print(view(JSON.parse(report.body), JSON.parse(history!.body)).join("\n"));
  return 0;
}

/**
 * Redraws with each event until the instance ends, its reader has left (`| head`), or Ctrl-C. In a terminal on a
 * screen of its own, as `top` does.
 */
async function watch(dir: string, json: boolean): Promise<number> {
  const screen = isScreen() && !json;
  const leave = () => {
    if (screen) write("\x1b[?25h\x1b[?1049l");
  };
  const ends = Object.entries(WATCH_ENDS).map(([signal, code]) => ({
    signal: signal as Deno.Signal,
    end: () => {
      leave();
      Deno.exit(code);
    },
  }));
  for (const { signal, end } of ends) Deno.addSignalListener(signal, end);
  if (screen) write("\x1b[?1049h\x1b[?25l");
  let history: HistoryReport | undefined;
  try {
    for await (const { name, data } of followInstance(dir)) {
      if (name === "history") history = JSON.parse(data);
      if (name !== "status" || history === undefined) continue;
      const report = JSON.parse(data) as StatusReport;
      if (report.latest !== "unknown") history = appended(history, report.latest);
      const text = json
        ? `${data}\n`
        : screen
        ? fullScreen(view(report, history))
        : view(report, history).join("\n") + "\n\n";
      if (!write(text)) return 0;
    }
  } finally {
    leave();
    for (const { signal, end } of ends) Deno.removeSignalListener(signal, end);
  }
  return refuse(["the autoscaler has ended"], FAILED);
}

/** Draws over the previous screen without flicker; what does not fit is omitted. */
function fullScreen(lines: readonly string[]): string {
  const { rows } = Deno.consoleSize();
  return `\x1b[H${lines.slice(0, rows - 1).map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`;
}

function view(report: StatusReport, history: HistoryReport): string[] {
  return terminalView(report, history, painter(), terminalWidth());
}
