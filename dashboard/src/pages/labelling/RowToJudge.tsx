import { Code } from "../../components/Code";
import { readable } from "../executions/readable";
import type { Item } from "./queries";

/** What went in, what was expected, what came out, and nothing of what anybody said of it. */
export function RowToJudge({ item }: { item: Item }) {
  return (
    <article aria-label="Row to judge" className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <Part title="Inputs" value={item.inputs} />
        {item.expected !== null && <Part title="Expected" value={item.expected} />}
      </div>
      <Part title="Output" value={item.output} isMain />
    </article>
  );
}

function Part({ title, value, isMain = false }: { title: string; value: unknown; isMain?: boolean }) {
  const shown = readable(value);
  return (
    <section className="flex min-w-0 flex-col gap-1.5">
      <h2 className="font-semibold">{title}</h2>
      {shown.as === "fields" ? (
        <dl className="flex flex-col gap-2.5 rounded-md bg-raised p-3 text-sm">
          {shown.fields.map(([name, text]) => (
            <div key={name}>
              <dt className="font-mono text-xs text-muted">{name}</dt>
              <dd className="max-h-72 overflow-auto break-words whitespace-pre-wrap" tabIndex={text.length > 800 ? 0 : undefined}>{text}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <Code
          text={shown.text} label={title}
          className={`${shown.as === "text" ? "font-sans !text-base" : ""} ${isMain ? "border-2 border-line-strong !bg-surface" : ""}`}
        />
      )}
    </section>
  );
}
