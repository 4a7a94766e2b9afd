/** How lines are told apart: by colour, and by their dashes for whoever doesn't see it. */
import type { Line } from "./charts";

export interface Stroke {
  colour: string;
  dash: string | undefined;
}

const BY_KEY: Record<string, Stroke> = {
  "2xx": { colour: "var(--good)", dash: undefined },
  "3xx": { colour: "var(--ink-faint)", dash: "2 3" },
  "4xx": { colour: "var(--warn)", dash: "6 3" },
  "5xx": { colour: "var(--bad)", dash: "1.5 2.5" },
  succeeded: { colour: "var(--good)", dash: undefined },
  failed: { colour: "var(--bad)", dash: "1.5 2.5" },
  cancelled: { colour: "var(--warn)", dash: "6 3" },
};

const IN_ORDER: readonly Stroke[] = [
  { colour: "var(--accent-ink)", dash: undefined },
  { colour: "var(--good)", dash: "6 3" },
  { colour: "var(--warn)", dash: "1.5 2.5" },
  { colour: "var(--bad)", dash: "8 3 1.5 3" },
  { colour: "var(--ink-muted)", dash: "3 3" },
];

export function strokeOf(line: Pick<Line, "key">, index: number): Stroke {
  return BY_KEY[line.key] ?? IN_ORDER[index % IN_ORDER.length]!;
}
