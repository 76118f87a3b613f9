/** Reproducible random input: the seed is in the test's name, or in the failure. */

/** Numbers in [0, 1) from a 32-bit seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const encoder = new TextEncoder();
/** What programs trip over: separators, signs, ends of ranges, halves of characters, and other bases of numbers. */
// deno-fmt-ignore
const TRICKY = [
  "", " ", "\n", "\r\n", "\t", "\0", "\u00ff", "\ufeff", "\u0085", ":", "::", "|", "@", "=", "-", "--", "+", "%00", "%0a",
  "0", "-0", "-1", "1e309", "1e-400", "NaN", "Infinity", "0x10", "1_0", "00", ".", "1.", ".5", "2147483648", "4294967296",
  "9007199254740993", "18446744073709551615", "99999999999999999999999", "../..", "/", "__proto__", "constructor", "\\", '"',
  "'", "`", "$(x)", "{", "[", "]", "(", ")", "\ud83d\ude00", "max", "on", "off", "unknown",
].map((text) => encoder.encode(text));

/** A copy of a sample with a few bytes changed, cut out, doubled or put in. */
export function mutated(sample: string | Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  let bytes = typeof sample === "string" ? encoder.encode(sample) : sample;
  const changes = 1 + Math.floor(random() * 6);
  for (let i = 0; i < changes; i++) {
    const at = Math.floor(random() * (bytes.length + 1));
    const kind = Math.floor(random() * 6);
    if (kind === 0) bytes = spliced(bytes, at, 1, [Math.floor(random() * 256)]);
    else if (kind === 1) bytes = spliced(bytes, at, Math.floor(random() * 8), []);
    else if (kind === 2) bytes = spliced(bytes, at, 0, bytes.subarray(at, at + Math.floor(random() * 16)));
    else if (kind === 3) {
      bytes = spliced(bytes, at, 0, encoder.encode(String(Math.floor((random() - 0.5) * 1e21))));
    } else if (kind === 4) {
      bytes = spliced(bytes, at, Math.floor(random() * 3), TRICKY[Math.floor(random() * TRICKY.length)]!);
    } else bytes = bytes.subarray(0, random() < 0.1 ? at : bytes.length);
  }
  return bytes.slice();
}

function spliced(bytes: Uint8Array, at: number, cut: number, put: ArrayLike<number>): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + cut));
  const made = new Uint8Array(at + put.length + rest.length);
  made.set(bytes.subarray(0, at));
  made.set(put, at);
  made.set(rest, at + put.length);
  return made;
}
