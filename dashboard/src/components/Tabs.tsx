import { Tabs as Radix } from "radix-ui";
import { type ReactNode, useId } from "react";

export interface Tab<Name extends string> {
  name: Name;
  label: ReactNode;
}

/** Tabs whose choice the page keeps in the URL; arrow keys move between them. */
export function Tabs<Name extends string>({ label, tabs, value, onChange, children }: {
  label: string;
  tabs: readonly Tab<Name>[];
  value: Name;
  onChange: (name: Name) => void;
  /** The content of the chosen tab. */
  children: ReactNode;
}) {
  return (
    <Radix.Root value={value} onValueChange={(name) => onChange(name as Name)} className="flex min-w-0 flex-col gap-4">
      <Radix.List aria-label={label} className="-mx-1 flex flex-wrap gap-x-3 border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.name}
            value={tab.name}
            className="-mb-px h-9 rounded-t border-b-2 border-transparent px-1 text-sm font-medium whitespace-nowrap text-muted hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-accent-ink data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      <Radix.Content value={value} className="min-w-0" tabIndex={-1}>
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}

/** A small switch between a few views, such as unified and split. */
export function Segments<Name extends string>({ label, options, value, onChange }: {
  label: string;
  options: readonly Tab<Name>[];
  value: Name;
  onChange: (name: Name) => void;
}) {
  const group = useId();
  return (
    <div role="radiogroup" aria-label={label} className="inline-flex max-w-full rounded-md border border-line bg-raised p-0.5">
      {options.map((option) => (
        <label
          key={option.name}
          className="relative flex min-h-6.5 cursor-pointer items-center rounded px-2.5 text-xs font-medium text-muted has-checked:bg-surface has-checked:text-ink has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-accent-ink"
        >
          <input
            type="radio"
            name={group}
            className="absolute inset-0 cursor-pointer opacity-0"
            checked={option.name === value}
            onChange={() => onChange(option.name)}
          />
          {option.label}
        </label>
      ))}
    </div>
  );
}
