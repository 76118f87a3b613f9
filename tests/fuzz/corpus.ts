/** Real samples that fuzzers change: folders of tests/fuzz/corpus/. */
const folder = new URL("corpus/", import.meta.url);

/** A sample's text; bytes that are no UTF-8 do not occur but in http/. */
export function sampleText(name: string): string {
  return Deno.readTextFileSync(new URL(name, folder));
}

/** All samples of a folder, by name. */
export function samplesOf(name: string): Map<string, Uint8Array<ArrayBuffer>> {
  const samples = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const entry of Deno.readDirSync(new URL(name, folder))) {
    samples.set(entry.name, Deno.readFileSync(new URL(`${name}/${entry.name}`, folder)));
  }
  return samples;
}
