// Figures as people read them. null and "unknown" are a dash.
export const known = (value) => value !== null && value !== undefined && value !== "unknown";

export function number(value, digits = 1) {
  if (!known(value)) return "–";
  if (Math.abs(value) >= 10_000) return `${(value / 1000).toFixed(value >= 100_000 ? 0 : 1)}k`;
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) >= 100 ? 0 : digits);
}

export function milliseconds(value) {
  if (!known(value)) return "–";
  if (value >= 10_000) return `${(value / 1000).toFixed(0)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

export function bytes(value) {
  if (!known(value)) return "–";
  if (value >= 2 ** 30) return `${(value / 2 ** 30).toFixed(value >= 10 * 2 ** 30 ? 0 : 1)} GiB`;
  return `${(value / 2 ** 20).toFixed(0)} MiB`;
}

export const percent = (share) => known(share) ? `${Math.round(share * 100)} %` : "–";

// A time span in its two largest units.
export function duration(seconds) {
  if (!known(seconds)) return "–";
  const units = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  let rest = Math.round(seconds);
  const first = units.findIndex(([size]) => rest >= size);
  if (first < 0) return "0 s";
  return units.slice(first, first + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? `${count} ${unit}` : "";
  }).filter(Boolean).join(" ");
}

export const clock = (date) => date.toLocaleTimeString([], { hour12: false });
