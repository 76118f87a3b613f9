/** Headless Chromium, driven through its DevTools protocol over a WebSocket. */
import { type Process, start } from "./process.ts";
import { findProgram } from "./program.ts";
import { tempDir } from "./tempdir.ts";
import { until } from "./wait.ts";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];
/** Nothing that looks for the network outside, nothing that needs a screen. */
const FLAGS = [
  "--headless",
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
  "--remote-debugging-port=0",
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

type Params = Record<string, unknown>;

/** A tab: `await using page = await openPage(chromium)`. */
export class Page implements AsyncDisposable {
  /** Errors and warnings of the console, uncaught errors, and what the browser itself reports. */
  readonly problems: string[] = [];
  readonly #socket: WebSocket;
  readonly #cleanUp: () => Promise<void>;
  readonly #waiting = new Map<number, { resolve(value: Params): void; reject(error: Error): void }>();
  #id = 0;

  constructor(socket: WebSocket, cleanUp: () => Promise<void>) {
    this.#socket = socket;
    this.#cleanUp = cleanUp;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(String(data)));
  }

  /** One command of the protocol. */
  send(method: string, params: Params = {}): Promise<Params> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  async open(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
    await this.until("document.readyState === 'complete'");
  }

  /** The value of a JavaScript expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    }) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails !== undefined) {
      throw new Error(`Cannot evaluate ${expression}: ${exceptionDetails.exception?.description}`);
    }
    return result.value;
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
    await this.send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: scale,
      mobile: width < 500,
    });
    await this.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }],
    });
  }

  /** A PNG of what is seen, or of the whole page. */
  async screenshot(path: string, whole = false): Promise<void> {
    const { data } = await this.send("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: whole,
    });
    await Deno.writeFile(path, Uint8Array.fromBase64(String(data)));
  }

  async press(key: string): Promise<void> {
    for (const type of ["keyDown", "keyUp"]) {
      await this.send("Input.dispatchKeyEvent", { type, key, code: key });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#cleanUp();
  }

  #receive(
    message: { id?: number; method?: string; params?: Params; result?: Params; error?: { message: string } },
  ) {
    if (message.id !== undefined) {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error !== undefined) waiting?.reject(new Error(message.error.message));
      else waiting?.resolve(message.result ?? {});
      return;
    }
    const problem = problemOf(message.method ?? "", message.params ?? {});
    if (problem !== undefined) this.problems.push(problem);
  }
}

/** Starts a Chromium of its own with one empty tab. */
export async function openPage(chromium: string): Promise<Page> {
  const profile = await tempDir("ga-chromium-");
  // What it leaves behind when it is ended is removed with the profile.
  const browser: Process = start(chromium, [...FLAGS, `--user-data-dir=${profile.path}`, "about:blank"], {
    env: { TMPDIR: profile.path },
  });
  const cleanUp = async () => {
    await browser[Symbol.asyncDispose]();
    await profile[Symbol.asyncDispose]();
  };
  try {
    const [, port] = await browser.line(/DevTools listening on ws:\/\/127\.0\.0\.1:([0-9]+)\//, {
      timeoutMs: 30_000,
    });
    const tabs = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json() as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(tabs.find(({ type }) => type === "page")!.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("Cannot open the DevTools connection"));
    });
    const page = new Page(socket, cleanUp);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    return page;
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

function problemOf(method: string, params: Params): string | undefined {
  switch (method) {
    case "Runtime.exceptionThrown": {
      const details = params["exceptionDetails"] as { text: string; exception?: { description?: string } };
      return `uncaught: ${details.exception?.description ?? details.text}`;
    }
    case "Runtime.consoleAPICalled": {
      const { type, args } = params as { type: string; args: { value?: unknown; description?: string }[] };
      if (type !== "error" && type !== "warning" && type !== "assert") return undefined;
      return `console ${type}: ${args.map((arg) => arg.value ?? arg.description).join(" ")}`;
    }
    case "Log.entryAdded": {
      const { entry } = params as { entry: { level: string; text: string; url?: string } };
      return entry.level === "error" || entry.level === "warning"
        ? `${entry.level}: ${entry.text} ${entry.url ?? ""}`
        : undefined;
    }
  }
  return undefined;
}
