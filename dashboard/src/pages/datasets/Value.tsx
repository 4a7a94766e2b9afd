import { Code } from "../../components/Code";
import { CopyButton } from "../../components/CopyButton";
import { asText, readable } from "../executions/readable";

/** A value of a row under its heading, to read and to copy. */
export function Value({ title, value, none = "Nothing." }: { title: string; value: unknown; none?: string }) {
  const isThere = value !== null && value !== undefined;
  return (
    <section className="flex min-w-0 flex-col gap-1.5">
      <div className="flex h-6 items-center gap-1">
        <h3 className="font-semibold">{title}</h3>
        {isThere && <CopyButton value={asText(value)} label={`Copy: ${title}`} />}
      </div>
      {isThere ? <Shown title={title} value={value} /> : <p className="text-sm text-muted">{none}</p>}
    </section>
  );
}

function Shown({ title, value }: { title: string; value: unknown }) {
  const shown = readable(value);
  if (shown.as !== "fields") return <Code text={shown.text} label={title} className={shown.as === "text" ? "font-sans text-sm" : ""} />;
  return (
    <dl className="flex flex-col gap-2.5 rounded-md bg-raised p-3 text-sm">
      {shown.fields.map(([name, text]) => (
        <div key={name}>
          <dt className="font-mono text-xs text-muted">{name}</dt>
          <dd className="max-h-72 overflow-auto break-words whitespace-pre-wrap" tabIndex={text.length > 800 ? 0 : undefined}>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
