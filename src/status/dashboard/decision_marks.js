// Decisions in the chart of the workers.
import { color } from "./theme.js";

const pixels = () => devicePixelRatio || 1;

// A triangle on the target's line where a decision moved it, a square where the log has a word about holding.
export function drawDecisions(plot, decisions, marked) {
  const { ctx, bbox } = plot;
  const size = 5 * pixels();
  ctx.save();
  for (const decision of decisions) {
    const at = decision.ms / 1000;
    if (at < plot.scales.x.min || at > plot.scales.x.max) continue;
    const x = plot.valToPos(at, "x", true);
    const y = plot.valToPos(decision.to, "y", true);
    ctx.fillStyle = color({ grow: "green", shrink: "violet" }[decision.action] ?? "grey");
    if (decision === marked) {
      ctx.globalAlpha = 0.35;
      ctx.fillRect(x - pixels(), bbox.top, 2 * pixels(), bbox.height);
      ctx.globalAlpha = 1;
    }
    ctx.beginPath();
    if (decision.action === "hold") {
      ctx.rect(x - size / 2, y - size / 2, size, size);
    } else {
      const tip = decision.action === "grow" ? -size : size;
      ctx.moveTo(x, y + tip);
      ctx.lineTo(x - size, y - tip * 0.6);
      ctx.lineTo(x + size, y - tip * 0.6);
    }
    ctx.fill();
    ctx.lineWidth = 1.5 * pixels();
    ctx.strokeStyle = color("card");
    ctx.stroke();
  }
  ctx.restore();
}
