import type { Logger } from "@logtape/logtape";
import { UserError } from "../error_text.ts";
import { fileProblem } from "../platform/files/file_problem.ts";
import { policyOf } from "../settings/policy.ts";
import type { Settings } from "../settings/settings.ts";
import { RecordingWriter } from "../simulation/load/recording_writer.ts";
import type { TickRecord } from "../supervisor/supervisor.ts";

/** Records the ticks of a run. A recording that fails is logged once and ends; the run continues. */
export class Recorder {
  /** undefined once it has ended. */
  #writer: RecordingWriter | undefined;
  readonly #log: Logger;

  private constructor(writer: RecordingWriter, log: Logger) {
    this.#writer = writer;
    this.#log = log;
  }

  /**
   * Opens the file that --record names.
   * @param nowMs the ticks' clock
   * @throws UserError "Cannot record ..." when the file cannot be opened
   */
  static open(settings: Settings, nowMs: number, log: Logger): Recorder {
    try {
      const header = { recording: 1, epochMs: Date.now() - nowMs, settings: policyOf(settings) } as const;
      return new Recorder(new RecordingWriter(settings.record, header), log);
    } catch (error) {
      throw new UserError(
        `Cannot record to ${settings.record}: ${
          fileProblem(error, "folder")
        }, name a file that can be written`,
      );
    }
  }

  /** Records a tick. Never throws. */
  note({ sample, decision }: TickRecord): void {
    try {
      this.#writer?.write(sample, decision);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Ends the recording. Never throws. */
  [Symbol.dispose](): void {
    try {
      this.#writer?.close();
    } catch (error) {
      this.#giveUp(error);
    }
    this.#writer = undefined;
  }

  #giveUp(error: unknown): void {
    this.#writer?.abandon();
    this.#writer = undefined;
    this.#log.error("Cannot write the recording: {error}, it ends here", { error: fileProblem(error) });
  }
}
