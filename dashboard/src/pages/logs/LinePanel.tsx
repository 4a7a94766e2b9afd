import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, call } from "../../api/client";
import { useCan } from "../../api/queries";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Code, Json } from "../../components/Code";
import { CopyButton } from "../../components/CopyButton";
import { Facts } from "../../components/Facts";
import { formatMoment } from "../../components/format";
import { SidePanel } from "../../components/SidePanel";
import { Loaded } from "../../components/States";
import type { LogLine } from "./lines";
import { executionsOfTraceQuery } from "./queries";
import type { LogFilter } from "./search";

interface LinePanelProps {
  id: string;
  /** The line, when the list has it already. */
  known: LogLine | undefined;
  onClose: () => void;
  onFilter: (filter: LogFilter) => void;
}

/** Everything that one line says, and where it leads. */
export function LinePanel({ id, known, onClose, onFilter }: LinePanelProps) {
  const query = useQuery({
    queryKey: ["logs", "line", id],
    queryFn: ({ signal }) => call(api.GET("/api/v1/logs/{line_id}", { params: { path: { line_id: id } }, signal })),
    enabled: known === undefined,
  });
  const line = known ?? query.data;
  return (
    <SidePanel
      title={line?.event ?? "Line"}
      onClose={onClose}
      actions={line && <CopyButton value={() => JSON.stringify(line, null, 2)} label="Copy the line as JSON" />}
    >
      {line ? <LineDetails line={line} onFilter={onFilter} /> : <Loaded query={query}>{() => null}</Loaded>}
    </SidePanel>
  );
}

function LineDetails({ line, onFilter }: { line: LogLine; onFilter: (filter: LogFilter) => void }) {
  const { exception, ...fields } = line.fields;
  return (
    <div className="flex flex-col gap-5">
      <Facts
        facts={[
          ["Time", <time key="time" dateTime={line.time} title={line.time}>{formatMoment(line.time)}</time>],
          ["Level", line.level],
          ["From", `${line.process}${line.pid === null || line.pid === undefined ? "" : ` (process ${line.pid})`}`],
          line.logger ? ["Logger", <span key="logger" className="font-mono text-xs">{line.logger}</span>] : null,
          ["About", line.instance_wide ? <Badge key="about">the instance</Badge> : "your tenant"],
          ...Object.entries(fields)
            .filter(([, value]) => typeof value !== "object" || value === null)
            .map(([name, value]) => [name, <span key={name} className="font-mono text-xs break-all">{String(value)}</span>] as const),
        ]}
      />
      {Object.entries(fields)
        .filter(([, value]) => typeof value === "object" && value !== null)
        .map(([name, value]) => (
          <section key={name}>
            <h3 className="mb-1 text-sm font-medium">{name}</h3>
            <Json value={value} label={name} />
          </section>
        ))}
      {typeof exception === "string" && (
        <section>
          <h3 className="mb-1 text-sm font-medium">Exception</h3>
          <Code text={exception} label="Exception" />
        </section>
      )}
      <Related line={line} onFilter={onFilter} />
    </div>
  );
}

function Related({ line, onFilter }: { line: LogLine; onFilter: (filter: LogFilter) => void }) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">Related</h3>
      {line.trace_id && <ExecutionsOfTrace trace={line.trace_id} />}
      <div className="flex flex-wrap gap-2">
        {line.request_id && <Button onClick={() => onFilter({ request: line.request_id! })}>Lines of this request</Button>}
        {line.trace_id && <Button onClick={() => onFilter({ trace: line.trace_id! })}>Lines of this trace</Button>}
        <Button onClick={() => onFilter({ event: line.event })}>Lines of this event</Button>
      </div>
      <Facts
        facts={[
          line.request_id ? ["Request", <Id key="request" value={line.request_id} label="Copy the request id" />] : null,
          line.trace_id ? ["Trace", <Id key="trace" value={line.trace_id} label="Copy the trace id" />] : null,
          line.span_id ? ["Span", <Id key="span" value={line.span_id} label="Copy the span id" />] : null,
        ]}
      />
    </section>
  );
}

function Id({ value, label }: { value: string; label: string }) {
  return (
    <span className="inline-flex items-center gap-1 font-mono text-xs break-all">
      {value}
      <CopyButton value={value} label={label} />
    </span>
  );
}

function ExecutionsOfTrace({ trace }: { trace: string }) {
  const mayRead = useCan("executions:read");
  const query = useQuery({ ...executionsOfTraceQuery(trace), enabled: mayRead });
  if (!mayRead || query.data === undefined || query.data.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1">
      {query.data.map((execution) => (
        <li key={execution.id}>
          <Link
            to="/executions"
            search={{ open: execution.id, ...(execution.namespace === "default" ? {} : { namespace: execution.namespace }) }}
            className="text-sm text-accent-ink underline underline-offset-2"
          >
            Execution of {execution.artifact?.name ?? execution.kind}
          </Link>{" "}
          <Badge tone={execution.status === "failed" ? "bad" : "neutral"}>{execution.status}</Badge>
        </li>
      ))}
    </ul>
  );
}
