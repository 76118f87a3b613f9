/** Temporary folders that are gone when their scope ends. */

export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** Path of an entry of the folder: `dir.join("app.py")`. */
  join(name: string): string;
  /** Writes a text file into the folder and returns its path. */
  write(name: string, text: string): Promise<string>;
}

/** `await using dir = await tempDir()`: a private folder (mode 0700), removed with all in it at the end of the scope. */
export async function tempDir(prefix = "ga-test-"): Promise<TempDir> {
  const path = await Deno.makeTempDir({ prefix });
  return {
    path,
    join: (name) => `${path}/${name}`,
    async write(name, text) {
      const file = `${path}/${name}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, text);
      return file;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}
