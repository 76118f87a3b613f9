/** Headless Chromium, driven by Puppeteer. */
import puppeteer, { type Browser, type KeyInput, type Page as Tab } from "puppeteer-core";
import { findProgram } from "./program.ts";
import { tempDir } from "./tempdir.ts";
import { until } from "./wait.ts";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];
/** Nothing that looks for the network outside, nothing that needs a screen. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-extensions",
  "--hide-scrollbars",
];

/** Path of a Chromium, the one that CHROMIUM names first; undefined where there is none. */
export async function findChromium(): Promise<string | undefined> {
  const named = Deno.env.get("CHROMIUM");
  if (named !== undefined && named !== "") return named;
  for (const program of PROGRAMS) {
    const path = await findProgram(program);
    if (path !== undefined) return path;
  }
  return undefined;
}

const installed = await findChromium();

/** A test with a Chromium; skipped where there is none. */
export function browserTest(name: string, fn: (chromium: string) => Promise<void>): void {
  if (installed !== undefined) Deno.test(name, () => fn(installed));
  else Deno.test.ignore(`${name} (skipped: chromium is not installed)`, () => {});
}

/** A tab: `await using page = await openPage(chromium)`. */
export class Page implements AsyncDisposable {
  /** Errors and warnings of the console, and uncaught errors. */
  readonly problems: string[] = [];
  readonly #tab: Tab;
  readonly #cleanUp: () => Promise<void>;

  constructor(tab: Tab, cleanUp: () => Promise<void>) {
    this.#tab = tab;
    this.#cleanUp = cleanUp;
    tab.on("pageerror", (error) => this.problems.push(`uncaught: ${error}`));
    tab.on("console", (message) => {
      if (!["error", "warn", "assert"].includes(message.type())) return;
      this.problems.push(`${message.type()}: ${message.text()} ${message.location().url ?? ""}`);
    });
  }

  async open(url: string): Promise<void> {
    await this.#tab.goto(url, { waitUntil: "load" });
  }

  /** The value of a JavaScript expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    return await this.#tab.evaluate(expression) as T;
  }

  /** Waits until an expression is truthy in the page, and returns it. */
  async until<T>(expression: string, timeoutMs = 10_000): Promise<T> {
    let last: unknown;
    return await until(async () => last = await this.evaluate<T>(expression).catch(() => undefined), {
      timeoutMs,
      everyMs: 50,
      what: () =>
        `${expression} in the page; it was ${JSON.stringify(last)}, problems: ${this.problems.join("; ")}`,
    }) as T;
  }

  async resize(width: number, height: number, dark = false, scale = 1): Promise<void> {
    await this.#tab.setViewport({ width, height, deviceScaleFactor: scale, isMobile: width < 500 });
    await this.#tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  }

  /** A PNG of what is seen, or of the whole page. */
  async screenshot(path: string, whole = false): Promise<void> {
    await Deno.writeFile(path, await this.#tab.screenshot({ type: "png", captureBeyondViewport: whole }));
  }

  async press(key: KeyInput): Promise<void> {
    await this.#tab.keyboard.press(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanUp();
  }
}

/** Starts a Chromium of its own with one empty tab. `flags`: beside our own. */
export async function openPage(chromium: string, ...flags: string[]): Promise<Page> {
  const profile = await tempDir("ga-chromium-");
  let browser: Browser | undefined;
  const cleanUp = async () => {
    await browser?.close();
    await profile[Symbol.asyncDispose]();
  };
  try {
    browser = await puppeteer.launch({
      executablePath: chromium,
      args: [...FLAGS, ...flags],
      userDataDir: profile.path,
      // What it leaves behind when it is ended is removed with the profile.
      env: { ...Deno.env.toObject(), TMPDIR: profile.path },
      timeout: 30_000,
    });
    const [tab = await browser.newPage()] = await browser.pages();
    return new Page(tab, cleanUp);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}
