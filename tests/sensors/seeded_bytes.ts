/** Reproducible random input for the fuzz tests: the seed stands in the test's name. */

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

/** A copy of `seed` text with a few bytes changed, cut out, doubled or put in. */
export function mutated(text: string, random: () => number): Uint8Array<ArrayBuffer> {
  const bytes = [...new TextEncoder().encode(text)];
  const changes = 1 + Math.floor(random() * 6);
  for (let i = 0; i < changes; i++) {
    const at = Math.floor(random() * (bytes.length + 1));
    const kind = Math.floor(random() * 4);
    if (kind === 0) bytes.splice(at, 1, Math.floor(random() * 256));
    else if (kind === 1) bytes.splice(at, Math.floor(random() * 8));
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + Math.floor(random() * 16)));
    else bytes.splice(at, 0, ...new TextEncoder().encode(String(Math.floor((random() - 0.5) * 1e21))));
  }
  return new Uint8Array(bytes);
}
