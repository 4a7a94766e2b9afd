/** Moves of labels, and what takes them back. */
import type { Artifact } from "./artifact";

export interface LabelMove extends Artifact {
  label: string;
  /** Where it points now; undefined for a new label. */
  from: number | undefined;
  to: number;
  reason: string;
}

/** The rollback that takes a move back, with the reason to begin with; null where there was nothing before. */
export function moveBack(move: LabelMove): LabelMove | null {
  if (move.from === undefined || move.from === move.to) return null;
  return { ...move, from: move.to, to: move.from, reason: `Back from version ${move.to} to version ${move.from}.` };
}

/** The moves that stand: the newest of each label, of a list that begins with the newest. */
export function standing<Move extends { label: string }>(moves: readonly Move[]): ReadonlySet<Move> {
  const seen = new Set<string>();
  return new Set(moves.filter(({ label }) => !seen.has(label) && seen.add(label)));
}
