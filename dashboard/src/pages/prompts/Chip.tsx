import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Badge, type Tone } from "../../components/Badge";
import type { ListSearch } from "./search";

/** A tag or label that leads to the prompts that have it. */
export function Chip({ tone = "neutral", search, what, children }: {
  tone?: Tone;
  search: ListSearch;
  what: string;
  children: ReactNode;
}) {
  return (
    <Link to="/prompts" search={search} title={`Prompts ${what}`} className="rounded hover:underline">
      <Badge tone={tone}>{children}</Badge>
    </Link>
  );
}
