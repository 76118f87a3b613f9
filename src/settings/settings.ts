import type { Address } from "./setting_types.ts";

/** All that can be set, in the types the program uses. */
export interface Settings {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly sloP95Ms: number;
  readonly tickMs: number;
  readonly windowSeconds: number;
  readonly idleSeconds: number;
  readonly upCooldownMs: number;
  readonly downCooldownMs: number;
  readonly noDownscaleMsAfterUp: number;
  readonly streamGraceSeconds: number;
  readonly maxStepUp: number;
  readonly targetConcPerWorker: number;
  readonly targetUtilization: number;
  readonly burstEnabled: boolean;
  readonly burstWindowSeconds: number;
  readonly burstRpsJump: number;
  readonly burstMinRps: number;
  readonly burstAddWorkers: number;
  readonly burstCooldownMs: number;
  readonly memoryShare: number;
  readonly sleepAfter: number;
  readonly deepSleepAfter: number;
  readonly probe: "on" | "off";
  readonly statsdAddr: Address;
  readonly statsdPrefix: string;
  readonly gunicorn: string;
  readonly forkServer: "on" | "off" | "auto";
  readonly lingerSeconds: number;
  readonly mapUvicornDeprecated: boolean;
  readonly autoSetGracefulTimeout: boolean;
  readonly runtimeDir: string;
  readonly statusAddr: Address | "off";
  readonly statusHosts: string;
  readonly record: string;
  readonly logLevel: "debug" | "info" | "warning" | "error";
  readonly logFormat: "text" | "json";
  readonly dryRun: boolean;
}

/** The name of a setting in the program: maxWorkers. */
export type SettingName = keyof Settings;
