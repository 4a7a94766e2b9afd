import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

type Place = `/${"prompts" | "strategies"}/$name${"" | "/versions" | "/compare" | "/labels"}` | "/prompts/$name/run";

/** Links to the parts of one artifact, each a page of its own; `children` stand at their end. */
export function Parts({ label, name, version, parts, children }: {
  label: string;
  name: string;
  /** The version that stays open. */
  version: string | undefined;
  parts: readonly { to: Place; label: string }[];
  children: ReactNode;
}) {
  return (
    <nav aria-label={label} className="flex items-center gap-5 overflow-x-auto max-sm:gap-4 border-b border-line">
      {parts.map((part) => (
        <Link
          key={part.to}
          to={part.to}
          params={{ name }}
          search={{ version }}
          activeOptions={{ exact: true, includeSearch: false }}
          className="-mb-px flex h-9 items-center border-b-2 border-transparent text-sm font-medium text-muted hover:text-ink focus-visible:-outline-offset-2 aria-[current=page]:border-accent-ink aria-[current=page]:text-ink"
        >
          {part.label}
        </Link>
      ))}
      {children}
    </nav>
  );
}
