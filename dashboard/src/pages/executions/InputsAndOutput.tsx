import { CircleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Code, Json } from "../../components/Code";
import { CopyButton } from "../../components/CopyButton";
import { Segments } from "../../components/Tabs";
import { recorded } from "../ask/answer";
import { RecordedAnswer } from "./RecordedAnswer";
import type { Detail } from "./queries";
import { asText, readable } from "./readable";

type View = "readable" | "raw";

/** What went in and what came out, to read, or as it is stored. */
export function InputsAndOutput({ execution }: { execution: Detail }) {
  const [view, setView] = useState<View>("readable");
  const answer = view === "readable" ? recorded(execution) : null;
  return (
    <div className="flex flex-col gap-5">
      <div className="flex justify-end">
        <Segments
          label="How to show them" value={view} onChange={setView}
          options={[{ name: "readable", label: "Readable" }, { name: "raw", label: "Raw" }]}
        />
      </div>
      {execution.error_code && (
        <div role="note" className="flex gap-2 rounded-md bg-bad-soft p-3 text-sm text-bad">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <div className="min-w-0 break-words">
            <p className="font-medium">{execution.error_message ?? "The run failed."}</p>
            <p className="font-mono text-xs">{execution.error_code}</p>
          </div>
        </div>
      )}
      {answer?.phase === "done" ? (
        <RecordedAnswer answer={answer} />
      ) : (
        <StoredContent execution={execution} view={view} />
      )}
    </div>
  );
}

function StoredContent({ execution, view }: { execution: Detail; view: View }) {
  const messages = execution.messages ?? [];
  return (
    <>
      <Part title="Inputs" copy={execution.inputs.state === "present" ? asText(execution.inputs.value) : null}>
        <Content content={execution.inputs} view={view} label="Inputs" />
      </Part>
      {messages.length > 0 && (
        <Part title="Messages to the model" copy={asText(messages)}>
          {view === "raw" ? <Json value={messages} label="Messages to the model" /> : <Messages messages={messages} />}
        </Part>
      )}
      <Part title="Output" copy={execution.output.state === "present" ? asText(execution.output.value) : null}>
        {execution.status === "running" ? (
          <p className="text-sm text-muted">It is running; the output is stored at its end.</p>
        ) : (
          <Content content={execution.output} view={view} label="Output" />
        )}
      </Part>
    </>
  );
}

function Part({ title, copy, children }: { title: string; copy: string | null; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-1.5">
      <div className="flex h-6 items-center gap-1">
        <h3 className="font-semibold">{title}</h3>
        {copy !== null && <CopyButton value={copy} label={`Copy: ${title}`} />}
      </div>
      {children}
    </section>
  );
}

function Content({ content, view, label }: { content: Detail["inputs"]; view: View; label: string }) {
  if (content.state === "none") return <p className="text-sm text-muted">There is none.</p>;
  if (content.state === "erased") {
    return (
      <p className="rounded-md border border-dashed border-line-strong p-3 text-sm text-muted">
        Erased. The audit log keeps a tombstone with the reason, and a commitment to what it was.
      </p>
    );
  }
  if (view === "raw") return <Json value={content.value} label={label} />;
  const shown = readable(content.value);
  if (shown.as !== "fields") return <Code text={shown.text} label={label} className={shown.as === "text" ? "font-sans text-sm" : ""} />;
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

function Messages({ messages }: { messages: readonly Record<string, unknown>[] }) {
  return (
    <ol className="flex flex-col gap-2">
      {messages.map((message, place) => (
        <li key={place} className="rounded-md bg-raised p-3 text-sm">
          <p className="font-mono text-xs text-muted">{asText(message.role ?? "message")}</p>
          <p className="break-words whitespace-pre-wrap">{asText(message.content ?? message)}</p>
        </li>
      ))}
    </ol>
  );
}
