import { assertEquals, assertMatch } from "@std/assert";
import { AUTO, type Order, type StandingOrder } from "../../../src/core/policy/standing_order.ts";
import type { PolicySettings } from "../../../src/core/policy_settings.ts";
import { changeLive } from "../../../src/settings/live_settings.ts";
import { LIVE_OPTIONS, OPTIONS } from "../../../src/settings/settings_table.ts";
import { policyOf } from "../../../src/settings/policy.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import { resolveSettings } from "../../../src/settings/settings_sources.ts";
import { Control } from "../../../src/status/http/control.ts";

function settingsWith(flags: Record<string, string>): Settings {
  return resolveSettings({
    flags: new Map(Object.entries(flags)),
    environment: {},
    envFile: "",
    cores: 2,
  }).settings;
}

/** A supervisor that only notes what it is told. */
class NotingSupervisor {
  standing: StandingOrder = { order: AUTO, untilMs: Infinity };
  constructor(public settings: PolicySettings) {}
  give(order: Order, untilMs = Infinity) {
    this.standing = { order, untilMs };
  }
  change(changes: Partial<PolicySettings>) {
    this.settings = { ...this.settings, ...changes };
  }
}

function control(onChange?: (settings: Settings) => void) {
  const settings = settingsWith({ "min-workers": "2", "max-workers": "8" });
  const supervisor = new NotingSupervisor(policyOf(settings));
  const said: string[] = [];
  const it = new Control(supervisor, settings, () => 1_000, (line) => said.push(line), onChange);
  const post = (path: string, body: unknown) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = it.handle({ method: "POST", path, headers: new Map(), body: text })!;
    return { status: answer.status, ...JSON.parse(answer.body) } as {
      status: number;
      text?: string;
      errors?: string[];
    };
  };
  return { supervisor, said, post };
}

Deno.test("pause, pin for a time and resume are carried out and confirmed", () => {
  const { supervisor, post } = control();
  assertEquals(post("/order", { kind: "paused" }), { status: 200, text: "paused by hand" });
  assertEquals(supervisor.standing, { order: { kind: "paused" }, untilMs: Infinity });
  assertEquals(post("/order", { kind: "pinned", workers: 4, forSeconds: 90 }), {
    status: 200,
    text: "pinned at 4 workers by hand, 1 min 30 s left",
  });
  assertEquals(supervisor.standing, { order: { kind: "pinned", workers: 4 }, untilMs: 91_000 });
  assertEquals(post("/order", { kind: "auto" }).text, "scaling automatically");
  assertEquals(supervisor.standing.order, AUTO);
});

Deno.test("orders that make no sense change nothing and say why", () => {
  const { supervisor, post } = control();
  for (
    const [body, why] of [
      [{ kind: "pinned" }, /number is missing/],
      [{ kind: "pinned", workers: 9 }, /maximum is 8, raise it first/],
      [{ kind: "pinned", workers: 1 }, /Cannot pin 1 worker: the minimum is 2, lower it first/],
      [{ kind: "pinned", workers: 2.5 }, /whole number/],
      [{ kind: "paused", forSeconds: -1 }, /time/],
      [{ kind: "paused", forSeconds: "9" }, /time/],
      [{ kind: "faster" }, /unknown, give auto, paused or pinned/],
      ["[1]", /no JSON object/],
      ["{", /no JSON object/],
    ] as const
  ) {
    const answer = post("/order", body);
    assertEquals(answer.status, 400);
    assertMatch(answer.errors!.join(), why);
  }
  assertEquals(supervisor.standing.order, AUTO);
});

Deno.test("settings change live, several at once, and each is logged", () => {
  const { supervisor, said, post } = control();
  const answer = post("/settings", { "max-workers": "12", min_workers: "10", idleSeconds: "1.5" });
  assertEquals(answer.status, 200);
  assertEquals([supervisor.settings.minWorkers, supervisor.settings.maxWorkers, supervisor.settings.idleMs], [
    10,
    12,
    1_500,
  ]);
  assertEquals(said, [
    "max-workers is now 12, it was 8",
    "min-workers is now 10, it was 2",
    "idle-seconds is now 1.5, it was 0.4",
  ]);
  assertEquals(post("/settings", { "max-workers": 12 }).text, "max-workers is 12 already");
});

Deno.test("a minimum that a signal moved stays when another setting is changed", () => {
  const { supervisor, post } = control();
  supervisor.change({ minWorkers: 3 });
  post("/settings", { "max-workers": "6" });
  assertEquals([supervisor.settings.minWorkers, supervisor.settings.maxWorkers], [3, 6]);
});

Deno.test("with one bad setting none changes, and all errors are reported at once", () => {
  const { supervisor, said, post } = control();
  const before = supervisor.settings;
  const answer = post("/settings", {
    "max-workers": "12",
    "idle-seconds": "soon",
    probe: "off",
    "max-wrokers": "3",
  });
  assertEquals(answer.status, 400);
  assertEquals(answer.errors!.length, 3);
  assertMatch(answer.errors![0]!, /idle-seconds=soon: it is not a valid value, give a number from 0/);
  assertMatch(answer.errors![1]!, /probe: it cannot change while gunicorn runs/);
  assertMatch(answer.errors![2]!, /did you mean max-workers/);
  assertMatch(post("/settings", { "min-workers": "9" }).errors![0]!, /above the maximum of 8/);
  assertMatch(post("/settings", {}).errors![0]!, /no setting is named/);
  assertEquals(supervisor.settings, before);
  assertEquals(said, []);
});

Deno.test("the fork server is changed by hand, and by nothing that was refused", () => {
  const modes: string[] = [];
  const { post } = control((settings) => modes.push(settings.forkServer));
  assertEquals(post("/settings", { "fork-server": "on" }).text, "fork-server is now on, it was off");
  assertEquals(post("/settings", { "fork-server": "maybe" }).status, 400);
  assertEquals(modes, ["on"]);
});

Deno.test("exactly the settings that decisions are made by, and the fork server, can change live", () => {
  const settings = settingsWith({});
  for (const option of OPTIONS) {
    const other = {
      number: 0.777,
      boolean: !settings[option.name],
      string: "x",
      object: { host: "h", port: 1 },
    };
    const value = other[typeof settings[option.name] as keyof typeof other];
    const changed = policyOf({ ...settings, [option.name]: value } as Settings);
    const decides = JSON.stringify(changed) !== JSON.stringify(policyOf(settings));
    assertEquals(LIVE_OPTIONS.includes(option), decides || option.name === "forkServer", option.flag);
  }
});

Deno.test("a setting can be named as flag, as variable or as in JSON", () => {
  const settings = settingsWith({});
  for (
    const name of [
      "max-workers",
      "MAX_WORKERS",
      "maxWorkers",
      "--max-workers",
      "GUNICORN_AUTOSCALER_MAX_WORKERS",
    ]
  ) {
    const change = changeLive(settings, new Map([[name, "77"]]));
    assertEquals("policy" in change && change.policy.maxWorkers, 77, name);
  }
});
