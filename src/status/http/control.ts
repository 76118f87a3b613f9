import type { PolicySettings } from "../../core/policy_settings.ts";
import { AUTO, type Order, type StandingOrder } from "../../core/policy/standing_order.ts";
import { changeLive } from "../../settings/live_settings.ts";
import type { Settings } from "../../settings/settings.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer } from "./http_message.ts";
import { quantity } from "../../wording/format.ts";
import { orderText } from "../../wording/order_words.ts";

/** The supervisor as commands need it. */
export interface ControlledSupervisor {
  readonly settings: PolicySettings;
  readonly standing: StandingOrder;
  give(order: Order, untilMs?: number): void;
  change(changes: Partial<PolicySettings>): void;
}

/** Longest time for which an order can be given. */
const LONGEST_SECONDS = 366 * 86_400;

/** Carries out the commands that come over the unix socket. Answers: 200 {text} or 400 {errors}. */
export class Control {
  readonly #supervisor: ControlledSupervisor;
  readonly #clock: () => number;
  readonly #log: (line: string) => void;
  readonly #onChange: (settings: Settings) => void;
  #settings: Settings;

  /**
   * @param clock the supervisor's, monotonic ms
   * @param log logs one line for each setting changed
   * @param onChange gets all settings when some have changed, for those that the supervisor does not use
   */
  constructor(
    supervisor: ControlledSupervisor,
    settings: Settings,
    clock: () => number,
    log: (line: string) => void,
    onChange: (settings: Settings) => void = () => {},
  ) {
    this.#supervisor = supervisor;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** POST /order {kind, workers?, forSeconds?} or POST /settings {KEY: VALUE, ...}; undefined for any other path. */
  handle(request: HttpRequest): HttpAnswer | undefined {
    const act = { "/order": this.#order, "/settings": this.#change }[request.path];
    if (act === undefined) return undefined;
    const body = parseObject(request.body);
    return body === undefined
      ? refused(["Cannot read the command: it is no JSON object, send one"])
      : act(body);
  }

  readonly #order = (body: Record<string, unknown>): HttpAnswer => {
    const { kind, workers, forSeconds } = body;
    const untilMs = forSeconds === undefined ? Infinity : this.#clock() + Number(forSeconds) * 1000;
    const timed = forSeconds === undefined ||
      (typeof forSeconds === "number" && forSeconds > 0 && forSeconds <= LONGEST_SECONDS);
    if (!timed) {
      return refused([
        "Cannot give an order for that time: it is out of range, give more than 0 s and at most a year",
      ]);
    }
    const order = kind === "auto"
      ? AUTO
      : kind === "paused"
      ? { kind } as const
      : kind === "pinned"
      ? this.#pin(workers)
      : undefined;
    if (order === undefined) {
      return refused(["Cannot carry out the order: its kind is unknown, give auto, paused or pinned"]);
    }
    if ("error" in order) return refused([order.error]);
    this.#supervisor.give(order, order.kind === "auto" ? Infinity : untilMs);
    return jsonAnswer(200, { text: orderText(this.#supervisor.standing, this.#clock()) });
  };

  #pin(workers: unknown): Order | { readonly error: string } {
    const { minWorkers, maxWorkers } = this.#supervisor.settings;
    if (typeof workers !== "number" || !Number.isInteger(workers) || workers < 1) {
      return { error: "Cannot pin the workers: their number is missing, give a whole number from 1" };
    }
    const many = quantity(workers, "worker");
    if (workers > maxWorkers) {
      return {
        error:
          `Cannot pin ${many}: the maximum is ${maxWorkers}, raise it first (set max-workers=${workers})`,
      };
    }
    if (workers < minWorkers) {
      return {
        error:
          `Cannot pin ${many}: the minimum is ${minWorkers}, lower it first (set min-workers=${workers})`,
      };
    }
    return { kind: "pinned", workers };
  }

  readonly #change = (body: Record<string, unknown>): HttpAnswer => {
    const pairs = new Map(Object.entries(body).map(([key, value]) => [key, String(value)]));
    // Signals move the minimum beside us.
    const { minWorkers, maxWorkers } = this.#supervisor.settings;
    const now = { ...this.#settings, minWorkers, maxWorkers };
    const change = changeLive(now, pairs);
    if ("errors" in change) return refused(change.errors);
    this.#settings = change.settings;
    this.#supervisor.change(change.policy);
    this.#onChange(change.settings);
    for (const line of change.lines) this.#log(line);
    return jsonAnswer(200, { text: change.lines.join("\n") });
  };
}

function refused(errors: readonly string[]): HttpAnswer {
  return jsonAnswer(400, { errors });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}
