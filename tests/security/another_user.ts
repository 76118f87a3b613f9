/** What another user of the machine gets at: Python that becomes `nobody` first. Only root can become somebody else. */
import { run } from "../support/process.ts";

export const NOBODY = 65_534;
const canBecomeNobody = Deno.uid() === 0;
if (!canBecomeNobody) console.log("Skipped: attacks by another user are tried by root alone");

const ATTEMPTS = `
import json, os, socket, sys
os.setgroups([])
os.setgid(${NOBODY})
os.setuid(${NOBODY})
outcomes = {}
def attempt(name, act):
    try:
        act()
        outcomes[name] = 'done'
    except OSError as error:
        outcomes[name] = type(error).__name__
`;

/** Runs attempts (Python lines calling attempt(NAME, act)) as nobody: name -> "done" or the error's class. */
export async function asNobody(lines: string, ...args: string[]): Promise<Record<string, string>> {
  const code = `${ATTEMPTS}\n${lines}\nprint(json.dumps(outcomes))`;
  const { code: exit, stdout, stderr } = await run("python3", ["-c", code, ...args]);
  if (exit !== 0) throw new Error(`The attack itself failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** A test that needs another user; skipped, with a line, where there is none. */
export function attack(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: canBecomeNobody ? name : `${name} (skipped: not root)`, ignore: !canBecomeNobody, fn });
}
