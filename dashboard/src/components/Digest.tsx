import { CopyButton } from "./CopyButton";

/** A digest or id: its beginning to recognise it by, all of it to copy. */
export function Digest({ value, label = "digest", characters = 12 }: { value: string; label?: string; characters?: number }) {
  return (
    <span className="inline-flex items-center gap-0.5 font-mono text-xs" title={value}>
      <span>{value.replace(/^sha256:/, "").slice(0, characters)}</span>
      <CopyButton value={value} label={`Copy the ${label}`} />
    </span>
  );
}
