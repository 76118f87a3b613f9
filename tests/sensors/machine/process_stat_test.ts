import { assertEquals } from "@std/assert";
import {
  catchesCountSignals,
  parseAnonymous,
  parsePids,
  parsePss,
  parseRunQueueWait,
  parseStat,
  parseVoluntarySwitches,
} from "../../../src/sensors/machine/process_stat.ts";

/** A line of /proc/PID/stat with this command; user time 250, system time 50, 3 threads, started at 210449. */
const stat = (command: string, state = "S") =>
  `22493 (${command}) ${state} 22482 22482 4845 0 -1 4194304 225 0 0 0 250 50 0 0 20 0 3 0 210449 4034560 545 18446744073709551615 94620183851008 94620184640413 140727406579504 0 0 0 0 6 0 0 0 0 17 0 0 0 0 0 0 94620184873712 94620184921956 94621166149632 140727406586493 140727406586556 140727406586556 140727406587882 0\n`;
const parsed = { ppid: 22482, state: "S", cpuTicks: 300, threads: 3, startTicks: 210449 };

for (const command of ["gunicorn", "gunicorn: worker [shop]", "a) S 1 (b", "(((", "", ") R 9 9", "x\ny"]) {
  Deno.test(`The stat of a process named ${JSON.stringify(command)} is read behind its name`, () => {
    assertEquals(parseStat(stat(command)), parsed);
  });
}

Deno.test("A dead process says so", () => {
  assertEquals(parseStat(stat("gunicorn", "Z"))?.state, "Z");
});

for (
  const text of [
    "",
    "22493",
    "22493 (gunicorn",
    "22493 (gunicorn)",
    "22493 (gunicorn) S 1 2 3",
    stat("x").slice(0, 60),
  ]
) {
  Deno.test(`The cut stat ${JSON.stringify(text)} is unknown`, () => {
    assertEquals(parseStat(text), undefined);
  });
}

Deno.test("The wait in the run queue is the second number of schedstat", () => {
  assertEquals(parseRunQueueWait("935959 132196 2\n"), 132196);
  assertEquals(parseRunQueueWait("935959 0 2\n"), 0);
});

Deno.test("A kernel that keeps no times, and nonsense, tell no wait", () => {
  for (const text of ["0 0 0\n", "", "935959", "a b c", "-5 -5 1"]) {
    assertEquals(parseRunQueueWait(text), undefined, text);
  }
});

const ROLLUP = "55f54b36f000-7ffc950d7000 ---p 00000000 00:00 0                          [rollup]\n" +
  "Rss:                1452 kB\nPss:                 209 kB\nPss_Dirty:           104 kB\nShared_Clean:       1304 kB\n";
const STATUS = "Name:\tgunicorn\nVmRSS:\t   52000 kB\nRssAnon:\t   40000 kB\nRssFile:\t   12000 kB\n";

Deno.test("A process with handlers for SIGTTIN and SIGTTOU takes them, but not one that passes every signal on", () => {
  const takes = (mask: string) => catchesCountSignals(`Name:\tx\nSigCgt:\t${mask}\n`);
  assertEquals(takes("0000000008314a07"), true); // gunicorn
  assertEquals(takes("0000000000000000"), false); // tini
  assertEquals(takes("0000000000010002"), false); // sh
  assertEquals(takes("0000000000100000"), false); // one of the two
  assertEquals(takes("000000007ffbfeff"), false); // dumb-init
  assertEquals(catchesCountSignals("Name:\tx\n"), undefined);
});

Deno.test("PSS is read in bytes", () => {
  assertEquals(parsePss(ROLLUP), 209 * 1024);
  assertEquals(parsePss(ROLLUP.replace("Pss:", "Psx:")), undefined);
  assertEquals(parsePss(""), undefined);
});

Deno.test("Anonymous memory is read in bytes", () => {
  assertEquals(parseAnonymous(STATUS), 40_000 * 1024);
  assertEquals(parseAnonymous(""), undefined);
});

Deno.test("Children are pids and nothing else", () => {
  assertEquals(parsePids("101 102 9999 \n"), [101, 102, 9999]);
  assertEquals(parsePids(""), []);
  assertEquals(parsePids("x -3 0 7 99999999999999999999"), [7]);
});

Deno.test("the waits of a main thread are those that it chose", () => {
  assertEquals(
    parseVoluntarySwitches("Threads:\t1\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t545\n"),
    150,
  );
  assertEquals(parseVoluntarySwitches("nonvoluntary_ctxt_switches:\t545\n"), undefined);
});
