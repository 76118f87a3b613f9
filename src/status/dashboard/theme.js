// Light or dark: the choice, and the colours of the style sheet as a canvas takes them.
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

// light-dark() resolved, by letting the browser compute it.
export function color(name, share = 1) {
  probe.style.color = share === 1
    ? `var(--${name})`
    : `color-mix(in srgb, var(--${name}) ${share * 100}%, transparent)`;
  return getComputedStyle(probe).color;
}

// The theme chosen before; null where there is none, or where the browser keeps nothing for pages.
export function savedTheme() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

export function saveTheme(name) {
  try {
    localStorage.setItem("theme", name);
  } catch {
    // It holds until the page is left.
  }
}
