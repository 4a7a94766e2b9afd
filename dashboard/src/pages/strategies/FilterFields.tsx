import { useState } from "react";
import { NarrowingFields } from "../ask/NarrowingFields";
import { type Filters, type Narrowing, filtersOf, narrowingFrom } from "../ask/narrowing";
import { Advanced } from "./Advanced";
import type { Body } from "./options";

/** Which documents the strategy searches. */
export function FilterFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const [narrowing, setNarrowing] = useState(() => narrowingFrom(body.retrieval?.filters ?? null));

  function change(next: Narrowing) {
    setNarrowing(next);
    onChange(filtered(body, filtersOf(next)));
  }

  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Documents</legend>
      <p className="text-sm text-muted">All of the collection, unless you say which.</p>
      <Advanced title="Only some" isOpen={filtersOf(narrowing) !== null}>
        <NarrowingFields narrowing={narrowing} onChange={change} />
      </Advanced>
    </fieldset>
  );
}

/** Return the body with other filters; without one it says nothing of them. */
function filtered(body: Body, filters: Filters | null): Body {
  const { filters: _, ...retrieval } = (body.retrieval ?? {}) as Partial<Body["retrieval"]>;
  return { ...body, retrieval: filters === null ? retrieval : { ...retrieval, filters: said(filters) } } as Body;
}

/** As the engine writes them: of metadata only where there is a condition. */
function said({ metadata, ...rest }: Filters): Partial<Filters> {
  return metadata.length === 0 ? rest : { ...rest, metadata };
}
