import { useQuery } from "@tanstack/react-query";
import { useCan } from "../../../api/queries";
import type { Schema } from "../../../api/client";
import { Badge } from "../../../components/Badge";
import { CopyButton } from "../../../components/CopyButton";
import { Facts } from "../../../components/Facts";
import { formatBytes, formatCount, formatMoment } from "../../../components/format";
import { Card } from "../../../components/Page";
import { Loaded } from "../../../components/States";
import { NotAllowed } from "../NotAllowed";
import { statusQuery } from "../queries";
import { BackupCard } from "./BackupCard";
import { DiskBar } from "./DiskBar";

type Status = Schema<"InstanceStatus">;

/** What the instance is, holds and does. */
export function InstanceTab() {
  const mayOperate = useCan("instance:operate");
  const query = useQuery({ ...statusQuery, enabled: mayOperate });
  if (!mayOperate) return <NotAllowed what="The instance is for whoever runs it." scope="instance:operate" />;
  return (
    <Loaded query={query}>
      {(status) => (
        <div className="grid max-w-5xl items-start gap-4 md:grid-cols-2">
          <EngineCard status={status} />
          <StorageCard status={status} />
          <ModelCard status={status} />
          <AuditCard status={status} />
          <BackupCard />
        </div>
      )}
    </Loaded>
  );
}

function EngineCard({ status: { engine, jobs } }: { status: Status }) {
  return (
    <Card title="Engine">
      <Facts
        facts={[
          ["Version", engine.version],
          ["Python", engine.python],
          ["Started", formatMoment(engine.started_at)],
          ["Components", engine.components.join(", ")],
          ["Capabilities", engine.capabilities.join(", ") || "none"],
          ["Workers", jobs.workers === 0 ? <Badge key="workers" tone="bad">none</Badge> : formatCount(jobs.workers)],
        ]}
      />
    </Card>
  );
}

function StorageCard({ status: { database, disk, engine } }: { status: Status }) {
  return (
    <Card title="Storage">
      <div className="flex flex-col gap-4">
        <DiskBar free={disk.free_bytes} total={disk.total_bytes} />
        <Facts
          facts={[
            ["Database", `PostgreSQL ${database.version}, ${database.kind}`],
            ["Its size", formatBytes(database.size_bytes)],
            ["Data", <span key="home" className="font-mono text-xs break-all">{engine.home}</span>],
          ]}
        />
      </div>
    </Card>
  );
}

function ModelCard({ status: { model } }: { status: Status }) {
  const isDown = model.alive < model.processes;
  return (
    <Card title="Local model">
      <Facts
        facts={[
          ["Processes", <Badge key="alive" tone={isDown ? "warn" : "good"}>{`${model.alive} of ${model.processes} ready`}</Badge>],
          ["Busy", formatCount(model.busy)],
          ["Waiting", formatCount(model.waiting)],
          ["Context", `${formatCount(model.context_tokens)} tokens`],
          model.last_failure ? ["Last failure", model.last_failure] : null,
        ]}
      />
    </Card>
  );
}

function AuditCard({ status: { audit } }: { status: Status }) {
  return (
    <Card title="Audit log">
      <Facts
        facts={[
          ["Entries", formatCount(audit.size)],
          ["Sequencing", audit.failure ? <Badge key="failure" tone="bad">{audit.failure}</Badge> : audit.sequencing ? "by this server" : "by another server"],
          ["Pinned checkpoint", audit.witness_failure ? <Badge key="witness" tone="bad">{audit.witness_failure}</Badge> : "in step"],
          [
            "Public key",
            <span key="key" className="inline-flex items-center gap-1 font-mono text-xs break-all">
              {audit.verifier_key}
              <CopyButton value={audit.verifier_key} label="Copy the public key" />
            </span>,
          ],
        ]}
      />
    </Card>
  );
}
