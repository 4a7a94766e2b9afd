import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { navigation } from "../navigation";

/** The sections in their groups; a group can be folded away, so that many still fit. */
export function SectionList() {
  return (
    <nav aria-label="Sections" className="-mx-1 flex min-h-0 grow flex-col gap-1 overflow-y-auto px-1">
      {navigation.map((group) => (
        <details key={group.label} open className="group">
          <summary className="flex h-6 list-none items-center gap-1 rounded px-1.5 text-xs font-medium text-faint select-none hover:text-ink">
            {group.label}
            <ChevronRight aria-hidden className="size-3 transition-transform group-open:rotate-90" />
          </summary>
          <ul className="flex flex-col gap-px">
            {group.sections.map(({ label, to, icon: Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  activeOptions={{ includeSearch: false }}
                  className="flex h-7 items-center gap-2.5 rounded-md px-1.5 text-sm text-muted hover:bg-hover hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-ink"
                >
                  <Icon aria-hidden className="size-4" />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </nav>
  );
}
