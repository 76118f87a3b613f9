/** A root folder with just the files of /proc and /sys that a test needs. */

/** What stands in the tree: text, bytes, or `{ link }` for a symbolic link, which may dangle as those of /proc do. */
export type FakeFiles = Record<string, string | Uint8Array | { readonly link: string }>;

export class FakeRoot implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "gunicorn-autoscaler-test-" });

  constructor(files: FakeFiles) {
    this.write(files);
  }

  /** Adds files, or puts new contents in place. */
  write(files: FakeFiles): void {
    for (const [name, content] of Object.entries(files)) {
      const path = `${this.path}/${name}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      if (typeof content === "string") Deno.writeTextFileSync(path, content);
      else if (content instanceof Uint8Array) Deno.writeFileSync(path, content);
      else Deno.symlinkSync(content.link, path);
    }
  }

  remove(name: string): void {
    Deno.removeSync(`${this.path}/${name}`, { recursive: true });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
