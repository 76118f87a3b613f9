/** One public set-up, started bare and wrapped: what is observed of the two is compared. */
import { assertEquals } from "@std/assert";
import { shellWords } from "../../../src/gunicorn/arguments.ts";
import { program } from "../../support/autoscaled.ts";
import { type MemoryCgroup, memoryCgroup } from "../../support/containers/memory_cgroup.ts";
import { freeTcpPort } from "../../support/port.ts";
import { start } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";
import { bin, venv, type VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";
import { Server } from "./server.ts";

/** How it is started, and what of it a person would see. */
export interface SetUp<T> {
  /** The words after `gunicorn`, as they are typed; $PORT stands for a free port, which the variable PORT holds too. */
  readonly line: string;
  /** Words before them when it is wrapped: options of ours. $PORT as in the line. */
  readonly own?: readonly string[];
  /** Words that start either: a service manager. $PORT as in the line. */
  readonly before?: readonly string[];
  /** What starts gunicorn when it is not gunicorn itself; wrapped it is what --gunicorn names. */
  readonly launcher?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly versions?: readonly VenvName[];
  /** Both run in a control group of their own with so much memory; skipped where none can be made. */
  readonly memoryMiB?: number;
  /** Wait until / is answered with 200; true when not given. */
  readonly untilReady?: boolean;
  readonly observe: (server: Server) => Promise<T>;
  /** Throws unless wrapped is the same as bare, or better; when not given they must be equal. */
  readonly compare?: (wrapped: T, bare: T) => void;
}

/** The versions that every set-up is tried on unless it says otherwise. */
export const VERSIONS: readonly VenvName[] = ["20.1", "23", "newest"];

/** How long the first answer may take on a busy machine. */
const READY_MS = 60_000;
const MIB = 2 ** 20;

/**
 * Registers a test a version.
 * @param meta import.meta of the test: the set-up's folder is the working folder
 */
export function setUp<T>(meta: ImportMeta, one: SetUp<T>): void {
  const folder = new URL(".", meta.url).pathname;
  const name = folder.split("/").at(-2);
  for (const version of one.versions ?? VERSIONS) {
    const words = [...(one.own ?? []), one.line].join(" ");
    Deno.test(`${name}: "${words}" on gunicorn ${version}`, async () => {
      if (one.memoryMiB !== undefined && !canLimitMemory()) {
        console.log("skipped: this machine does not let us make a control group with a memory limit");
        return;
      }
      const both = [observed(folder, one, version, false), observed(folder, one, version, true)] as const;
      await Promise.allSettled(both); // one that fails must not leave the other behind
      const [bare, wrapped] = await Promise.all(both);
      (one.compare ?? assertEquals)(wrapped, bare);
    });
  }
}

async function observed<T>(folder: string, one: SetUp<T>, version: VenvName, isWrapped: boolean): Promise<T> {
  const path = await venv(version);
  await using home = await tempDir();
  using group = one.memoryMiB === undefined ? undefined : memoryCgroup(one.memoryMiB * MIB);
  const port = freeTcpPort();
  const withPort = (text: string) => text.replaceAll("$PORT", String(port));
  const line = shellWords(withPort(one.line));
  const { launcher } = one;
  const own = [
    ...(launcher === undefined ? [] : ["--gunicorn", launcher.join(" ")]),
    ...(one.own ?? []).map(withPort),
  ];
  const words = [
    ...(group === undefined ? [] : ["/bin/sh", "-c", `echo $$ > ${group.procs} && exec "$@"`, "sh"]),
    ...(one.before ?? []).map(withPort),
    ...(isWrapped ? [...program(), ...own] : launcher ?? [bin(path, "gunicorn")]),
    ...line,
  ];
  await using _emptied = { [Symbol.asyncDispose]: () => emptied(group) };
  await using process = start(words[0]!, words.slice(1), {
    cwd: folder,
    env: {
      PATH: `${path}/bin:${Deno.env.get("PATH")}`,
      PORT: String(port),
      XDG_RUNTIME_DIR: home.path, // gunicorn's control socket: two of one user take it from each other
      PYTHONDONTWRITEBYTECODE: "1",
      GUNICORN_AUTOSCALER_RUNTIME_DIR: home.path,
      ...one.env,
    },
  });
  const server = new Server({ process, port, isWrapped, runtimeBase: home.path, group });
  if (one.untilReady ?? true) await untilAnswered(server);
  try {
    return await one.observe(server);
  } catch (error) {
    const kind = isWrapped ? "wrapped" : "bare";
    throw new Error(`${kind}: ${error instanceof Error ? error.message : error}\n${process.text()}`);
  }
}

function canLimitMemory(): boolean {
  using group = memoryCgroup(MIB);
  return group !== undefined;
}

/** A control group can be removed only once its last process is gone. */
async function emptied(group: MemoryCgroup | undefined): Promise<void> {
  if (group === undefined) return;
  await until(() => Deno.readTextFileSync(group.procs).trim() === "", { what: "an empty control group" });
}

async function untilAnswered(server: Server): Promise<void> {
  const { process } = server;
  await until(
    () => process.hasEnded || server.status("/").then((status) => status === 200),
    { timeoutMs: READY_MS, everyMs: 50, what: () => `an answer\n${process.text()}` },
  );
  if (process.hasEnded) throw new Error(`It ended before it answered:\n${process.text()}`);
}
