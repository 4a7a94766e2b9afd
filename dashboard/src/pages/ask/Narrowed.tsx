import { NarrowingFields } from "./NarrowingFields";
import { type Narrowing, filtersOf, narrowingOf } from "./narrowing";

/** Which documents are asked; closed until somebody wants fewer than all. */
export function Narrowed({ narrowing, onChange }: { narrowing: Narrowing; onChange: (next: Narrowing) => void }) {
  const said = narrowingOf(filtersOf(narrowing));
  return (
    <details className="text-sm">
      <summary className="w-fit cursor-pointer text-muted hover:text-ink">
        {said === null ? "All its documents" : `Only documents ${said}`}
      </summary>
      <div className="mt-2 grid gap-3 sm:grid-cols-2">
        <NarrowingFields narrowing={narrowing} onChange={onChange} />
      </div>
    </details>
  );
}
