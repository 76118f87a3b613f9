/**
 * Runs the fault suite, once or many times in a row, and tells how long each fault took until all was steady again:
 * `deno task faults --help`.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { denoTestOptions, refuseUnknownOption } from "../../tasks/deno_test_options.ts";
import { text, toggle, whole } from "../../tasks/options.ts";
import { tempDir } from "../support/tempdir.ts";
import { type Outcome, PEERS_VARIABLE, RECORD_VARIABLE } from "./support/fault.ts";
import { faultTable, withTable } from "./support/fault_table.ts";

const folder = new URL(".", import.meta.url).pathname;
const page = new URL("../../docs/reliability.md", import.meta.url).pathname;

const TASK = {
  command: "deno task faults",
  action: "run the faults",
  about:
    "Runs the fault suite, once or many times in a row, and tells how long each fault took until all was steady " +
    "again.",
  options: {
    times: whole(0, { help: "Runs of the suite; 0 tells only what was recorded.", default: 1 }),
    jobs: whole(1, { help: "Test files at once.", default: 4 }),
    peers: toggle("Do the comparable faults to bare gunicorn and the Rust program too."),
    record: text({
      placeholder: "FILE",
      help: "Keep what is recorded there, and add to what is there, so that runs can be done in parts.",
      otherwise: "not kept",
    }),
    write: toggle("Put the table into docs/reliability.md."),
  },
  words: {
    placeholder: "TEST-OPTION",
    help: "Any option of deno test, which gets it as it is: --filter NAME, --junit-path=FILE, --fail-fast.",
    withOptions: true,
  },
  examples: [
    "",
    '--filter "disk full" --fail-fast',
    "--times 20 --peers --write",
    "--times 0 --record FILE --write",
  ],
  notes: [
    "RUST_AUTOSCALER names the Rust program; otherwise .bench/bin and PATH are looked into.",
    "Exit codes: 0; 1 when a run failed; 2 for bad usage.",
  ],
};

/** How one run of the whole suite went, a line of the record. */
interface Run {
  readonly passed: boolean;
}

async function main(): Promise<number> {
  const { options: { times, jobs, ...args }, words: passedOn } = taskArguments(TASK);
  // Otherwise each run would fail with the words of deno test, and a table be made of nothing.
  refuseUnknownOption(TASK, await denoTestOptions(), passedOn);
  await using dir = await tempDir();
  const record = args.record ?? dir.join("record");
  await Deno.writeTextFile(record, "", { append: true });
  let failed = 0;
  for (let turn = 1; turn <= times; turn++) {
    const from = performance.now();
    const env = { [RECORD_VARIABLE]: record, DENO_JOBS: String(jobs) };
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
  const verdict = `${runs.filter(({ passed }) => passed).length} of ${runs.length} runs in a row passed.`;
  console.log(`\n${table}\n\n${verdict}`);
  if (args.write) {
    await Deno.writeTextFile(page, withTable(await Deno.readTextFile(page), `${verdict}\n\n${table}`));
    await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", page] }).output();
  }
  return failed === 0 ? 0 : 1;
}

async function test(options: readonly string[], env: Record<string, string>): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), {
    // The folder first: it must not become the value of an option that lacks its own.
    args: ["test", "-A", folder, ...options],
    env,
    stdin: "null",
  });
  return (await command.spawn().status).code;
}

if (import.meta.main) Deno.exit(await main());
