import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { useNamespace } from "../../app/routes";
import { Badge } from "../../components/Badge";
import { Json } from "../../components/Code";
import { CopyButton } from "../../components/CopyButton";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { formatCount } from "../../components/format";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { fieldsOf } from "../../components/schema/fields";
import { Loaded } from "../../components/States";
import { TimeAgo } from "../../components/TimeAgo";
import { Chip } from "./Chip";
import { Includes } from "./Includes";
import { Templates } from "./Messages";
import { promptQuery } from "./queries";
import { promptRoute } from "./routes";

/** One version: its text, its variables, its settings, and what it is known by. */
export function VersionTab() {
  const { name } = promptRoute.useParams();
  const { version } = promptRoute.useSearch();
  const query = useQuery(promptQuery(useNamespace(), name, version));
  return <Loaded query={query}>{(found) => <Version found={found} />}</Loaded>;
}

function Version({ found }: { found: Schema<"PromptDetail"> }) {
  const text = found.body.template ?? found.body.messages?.map((message) => `[${message.role}]\n${message.content}`).join("\n");
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-5">
        <Card title={`Version ${found.number}`} actions={<CopyButton label="Copy the text" value={text ?? ""} />}>
          <Templates body={found.body} />
        </Card>
        <Variables schema={found.inputs} />
        <Includes includes={found.includes} />
        {found.body.tools && (
          <Card title="Tools">
            <Json label="Tools" value={found.body.tools} />
          </Card>
        )}
        {found.body.output_schema && (
          <Card title="Output schema">
            <Json label="Output schema" value={found.body.output_schema} />
          </Card>
        )}
      </div>
      <div className="flex min-w-0 flex-col gap-5">
        <Card title="About this version">
          <About found={found} />
        </Card>
        <Card title="Model">
          <ModelSettings body={found.body} />
        </Card>
      </div>
    </div>
  );
}

function About({ found }: { found: Schema<"PromptDetail"> }) {
  const tags = found.body.tags ?? [];
  return (
    <Facts
      facts={[
        found.message ? ["Message", found.message] : null,
        ["Pushed", <TimeAgo key="at" at={found.created_at} />],
        ["By", <Principal key="by" id={found.author_id} />],
        [
          "Labels",
          <span key="labels" className="flex flex-wrap gap-1">
            {found.labels.length === 0 ? "none" : found.labels.map((label) => <Badge key={label} tone="accent">{label}</Badge>)}
          </span>,
        ],
        tags.length > 0
          ? [
              "Tags",
              <span key="tags" className="flex flex-wrap gap-1">
                {tags.map((tag) => (
                  <Chip key={tag} search={{ tag }} what={`tagged ${tag}`}>
                    {tag}
                  </Chip>
                ))}
              </span>,
            ]
          : null,
        ["Digest", <Digest key="digest" value={found.digest} />],
        ["Lock", <Digest key="lock" value={found.lock_digest} label="lock's digest" />],
      ]}
    />
  );
}

function ModelSettings({ body }: { body: Schema<"PromptBody"> }) {
  const set = Object.entries(body.parameters ?? {});
  return (
    <Facts
      facts={[
        ["Model", body.model ?? "the engine's default"],
        ...set.map(([name, value]) => [name, typeof value === "number" ? formatCount(value) : JSON.stringify(value)] as const),
        set.length === 0 ? ["Parameters", "the defaults"] : null,
      ]}
    />
  );
}

function Variables({ schema }: { schema: Record<string, unknown> }) {
  const fields = fieldsOf(schema);
  return (
    <Card title="Variables" flush>
      {fields.length === 0 ? (
        <p className="p-4 text-sm text-muted">This prompt has no variables.</p>
      ) : (
        <ul className="divide-y divide-line">
          {fields.map((field) => (
            <li key={field.name} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2 text-sm">
              <code className="font-mono text-xs font-semibold">{field.name}</code>
              <span className="text-muted">{typeof field.schema.type === "string" ? field.schema.type : "any JSON"}</span>
              <span className="text-muted">{field.required ? "required" : "optional"}</span>
              {field.description && <span className="basis-full text-muted">{field.description}</span>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
