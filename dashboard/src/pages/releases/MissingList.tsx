import { Link } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import type { Missing } from "./queries";

/** What a gate still wants, in its own words. */
export function MissingList({ missing }: { missing: readonly Missing[] }) {
  return (
    <ul aria-label="What is missing" className="flex flex-col gap-1.5 text-sm">
      {missing.map((one, place) => (
        <li key={place} className="flex gap-2">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          <span className="min-w-0 break-words">
            {one.message}{" "}
            <Link to="/gates/$name" params={{ name: one.gate }} className="text-xs text-muted underline">gate {one.gate}</Link>
          </span>
        </li>
      ))}
    </ul>
  );
}
