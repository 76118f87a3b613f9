/**
 * Runs the fault suite, once or many times in a row, and tells how long each fault took until all was steady again.
 *
 *     deno task faults [--times 20] [--peers] [--write] [--record FILE] [--jobs 4] [options of deno test]
 *
 * `--peers` does the comparable faults to bare gunicorn and the Rust program too (RUST_AUTOSCALER, .bench/bin, PATH);
 * `--write` puts the table into docs/reliability.md; `--record` keeps what was recorded in a file, and adds to what is
 * there, so that runs can be done in parts (`--times 0` for none). Exit code 1 when a run failed.
 */
import { parseArgs } from "@std/cli/parse-args";
import { tempDir } from "../support/tempdir.ts";
import { type Outcome, PEERS_VARIABLE, RECORD_VARIABLE } from "./fault.ts";
import { faultTable, withTable } from "./table.ts";

const folder = new URL(".", import.meta.url).pathname;
const page = new URL("../../docs/reliability.md", import.meta.url).pathname;

/** How one run of the whole suite went, a line of the record. */
interface Run {
  readonly passed: boolean;
}

async function main(): Promise<number> {
  const passedOn: string[] = [];
  const args = parseArgs(Deno.args, {
    string: ["times", "jobs", "record"],
    boolean: ["peers", "write"],
    default: { times: "1", jobs: "4" },
    unknown: (word: string) => (passedOn.push(word), false),
  });
  const times = Number(args.times);
  if (!(Number.isInteger(times) && times >= 0)) {
    console.error(`Cannot run the faults ${args.times} times: that is no number of runs, give 0 or more`);
    return 2;
  }
  await using dir = await tempDir();
  const record = args.record === undefined ? dir.join("record") : String(args.record);
  await Deno.writeTextFile(record, "", { append: true });
  let failed = 0;
  for (let turn = 1; turn <= times; turn++) {
    const from = performance.now();
    const env = { [RECORD_VARIABLE]: record, DENO_JOBS: String(args.jobs) };
    const code = await test(["--parallel", ...passedOn], env);
    if (code !== 0) failed++;
    const seconds = Math.round((performance.now() - from) / 1000);
    await Deno.writeTextFile(record, `${JSON.stringify({ passed: code === 0 })}\n`, { append: true });
    console.log(`run ${turn} of ${times}: ${code === 0 ? "passed" : "failed"} in ${seconds} s`);
  }
  // One after the other: of the Rust program there can be but one on a machine.
  if (args.peers) await test([], { [RECORD_VARIABLE]: record, [PEERS_VARIABLE]: "1" });
  const lines = (await Deno.readTextFile(record)).split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Outcome | Run);
  const table = faultTable(lines.filter((line) => "fault" in line));
  const runs = lines.filter((line) => "passed" in line);
  const said = `${runs.filter(({ passed }) => passed).length} of ${runs.length} runs in a row passed.`;
  console.log(`\n${table}\n\n${said}`);
  if (args.write) {
    await Deno.writeTextFile(page, withTable(await Deno.readTextFile(page), `${said}\n\n${table}`));
    await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", page] }).output();
  }
  return failed === 0 ? 0 : 1;
}

async function test(options: readonly string[], env: Record<string, string>): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...options, folder],
    env,
    stdin: "null",
  });
  return (await command.spawn().status).code;
}

if (import.meta.main) Deno.exit(await main());
