import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "./Button";

/**
 * Details beside a list: a column on wide screens, the whole screen on narrow ones.
 *
 * The page stays usable: J and K step on in the list, Escape closes (see `useListKeys`).
 */
export function SidePanel({ title, actions, onClose, children }: {
  title: ReactNode;
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <aside
      aria-label="Details"
      className="fixed inset-0 z-30 flex flex-col bg-surface lg:sticky lg:inset-auto lg:top-4 lg:z-auto lg:max-h-[calc(100dvh-2rem)] lg:w-[min(46vw,44rem)] lg:shrink-0 lg:rounded-lg lg:border lg:border-line"
    >
      <div className="flex min-h-12 items-center gap-2 border-b border-line px-4 py-2">
        <h2 className="min-w-0 grow truncate font-semibold">{title}</h2>
        {actions}
        <IconButton icon={X} label="Close the details (Esc)" onClick={onClose} />
      </div>
      <div role="region" aria-label="Details" tabIndex={0} className="min-h-0 grow overflow-auto p-4">
        {children}
      </div>
    </aside>
  );
}

/** A list and, when something in it is chosen, its panel. */
export function WithPanel({ children, panel }: { children: ReactNode; panel: ReactNode }) {
  return (
    <div className="flex items-start gap-4">
      <div className="min-w-0 grow">{children}</div>
      {panel}
    </div>
  );
}
