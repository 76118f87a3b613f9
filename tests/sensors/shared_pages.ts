/** Arbiter files and slots as gunicorn's side would write them, word by word. */

/** A word: a number (whole, or negative as its 64-bit complement) or eight ASCII characters. */
export type Word = number | bigint | string;

/** A 4 KiB page with these words; the others are 0. */
export function page(words: Record<number, Word>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of Object.entries(words)) {
    if (typeof word === "string") new TextEncoder().encodeInto(word, bytes.subarray(8 * Number(i)));
    else view.setBigUint64(8 * Number(i), BigInt.asUintN(64, BigInt(word)), true);
  }
  return bytes;
}

/** Overwrites some words of a file in place, as an mmap store would. */
export function store(path: string, words: Record<number, Word>): void {
  using file = Deno.openSync(path, { write: true });
  for (const [i, word] of Object.entries(words)) {
    const eight = page({ 0: word }).subarray(0, 8);
    file.seekSync(8 * Number(i), Deno.SeekMode.Start);
    file.writeSync(eight);
  }
}

/** A folder that is removed at the end of its scope. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "gunicorn-autoscaler-test-" });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** Runs Python with the probe's modules at hand and gives back what it printed. */
export async function probePython(code: string): Promise<string> {
  const probe = new URL("../../probe", import.meta.url).pathname;
  const output = await new Deno.Command("python3", {
    args: ["-c", code],
    env: { PYTHONPATH: probe, PYTHONDONTWRITEBYTECODE: "1" },
  })
    .output();
  if (!output.success) throw new Error(new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout).trim();
}
