import { classes } from "./classes";

/** Text in its own lines, which wraps and can be selected; for templates, outputs and JSON. */
export function Code({ text, label, className }: { text: string; label: string; className?: string }) {
  return (
    <pre
      role="region"
      aria-label={label}
      tabIndex={0}
      className={classes(
        "max-h-[60vh] overflow-auto rounded-md bg-raised p-3 font-mono text-xs leading-relaxed break-words whitespace-pre-wrap",
        className,
      )}
    >
      {text}
    </pre>
  );
}

/** A value as indented JSON. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return <Code text={JSON.stringify(value, null, 2) ?? "null"} label={label} />;
}
