/** Loaded before each test module (`deno test --preload`): leaves out what QEMU's user emulation lacks. */

/** Beginnings of test names: sock_diag, SO_MEMINFO, a second ARM program, speed, orphans' new parent, copied pages. */
const NOT_EMULATED: readonly string[] = [
  "On this machine connections",
  "Two services on one port",
  "A receive buffer can be raised",
  "Orphans are adopted",
  "Without FFI",
  "Under a flood",
  "the exit code of an orphan that is waited for",
  "probe: fork_server/test_fork_server.py",
  "probe: fork_server/test_usual_pages.py",
];

const original = Deno.test;

const filtered = (...given: unknown[]): void => {
  const [first] = given;
  const name = typeof first === "string" ? first : (first as { name: string }).name;
  if (NOT_EMULATED.some((beginning) => name.startsWith(beginning))) return;
  (original as unknown as (...args: unknown[]) => void)(...given);
};

Object.defineProperty(Deno, "test", { value: Object.assign(filtered, original), configurable: true });
