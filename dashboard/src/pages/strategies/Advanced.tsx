import { type ReactNode, useState } from "react";

/** Folds away what few change; it begins open where something in it is not as it would be anyway. */
export function Advanced({ title = "Advanced", isOpen, children }: { title?: string; isOpen: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(isOpen);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="text-sm font-medium">{title}</summary>
      <div className="mt-3 flex flex-col gap-3">{children}</div>
    </details>
  );
}
