/** The little of a Dockerfile that tests look at: its instructions, in order, with the stage each belongs to. */

export interface Instruction {
  /** In capitals: FROM, COPY ... */
  readonly name: string;
  /** All after the name, continued lines joined. */
  readonly text: string;
  /** Name of the stage it is in, "" before the first FROM; its number, from 0, where it has no name. */
  readonly stage: string;
}

/** Instructions of a Dockerfile without heredocs. Comments are left out, also those between continued lines. */
export function parseDockerfile(text: string): Instruction[] {
  const joined = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line)).join("\n").replaceAll(
    /\\\n\s*/g,
    "",
  );
  let stage = "", stages = 0;
  return joined.split("\n").map((line) => {
    const [, name, rest] = /^\s*([A-Za-z]+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`Cannot read the line "${line}": it is no instruction`);
    const text = rest!;
    if (/^from$/i.test(name)) stage = / as (\S+)$/i.exec(text)?.[1] ?? String(stages++);
    return { name: name.toUpperCase(), text, stage };
  });
}

/** How the last stage runs: what an engine takes from an image and gives to a container. */
export interface ImageConfig {
  readonly env: Record<string, string>;
  readonly user: string;
  readonly workdir: string;
  readonly stopSignal: string;
  readonly healthcheck: string[];
  /** ENTRYPOINT and CMD, one after the other. */
  readonly words: string[];
}

/** The configuration of the image. Throws where one of these instructions is missing or in shell form. */
export function imageConfig(instructions: readonly Instruction[]): ImageConfig {
  const last = instructions.at(-1)?.stage;
  const texts = (name: string) =>
    instructions.filter((one) => one.stage === last && one.name === name).map((one) => one.text);
  const text = (name: string) => {
    const found = texts(name).at(-1);
    if (found === undefined) throw new Error(`Cannot run the image: it has no ${name}`);
    return found;
  };
  const list = (name: string) => JSON.parse(text(name).replace(/^(--\S+\s+)*CMD\s+/, "")) as string[];
  return {
    env: Object.fromEntries(
      texts("ENV").flatMap((line) => line.split(/\s+/)).map((pair) => {
        const at = pair.indexOf("=");
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
    ),
    user: text("USER"),
    workdir: text("WORKDIR"),
    stopSignal: text("STOPSIGNAL"),
    healthcheck: list("HEALTHCHECK"),
    words: [...list("ENTRYPOINT"), ...list("CMD")],
  };
}
