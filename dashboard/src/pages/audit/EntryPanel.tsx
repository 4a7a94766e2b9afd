import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileCheck, FileLock2 } from "lucide-react";
import { useState } from "react";
import { useCan } from "../../api/queries";
import { Button } from "../../components/Button";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { formatCount, formatMoment } from "../../components/format";
import { announce } from "../../components/Live";
import { Principal } from "../../components/Principal";
import { SidePanel } from "../../components/SidePanel";
import { Loaded } from "../../components/States";
import { OfflineCommand } from "./OfflineCheck";
import { proofFileName } from "./checking";
import { downloadProof } from "./proofs";
import { type Entry, entryQuery } from "./queries";

const EXECUTION = "execution.ended";

/** One entry: what it says, word for word, and its proof. */
export function EntryPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery(entryQuery(id));
  return (
    <SidePanel title={query.data?.kind ?? "Entry"} onClose={onClose}>
      <Loaded query={query}>
        {(entry) => (
          <div className="flex flex-col gap-5">
            <Facts
              facts={[
                ["Leaf", entry.seq === null ? "waiting for its number" : formatCount(entry.seq)],
                ["When", formatMoment(entry.occurred_at)],
                ["Who", <Principal key="who" id={entry.actor_id} />],
                ["To what", <Subject key="subject" entry={entry} />],
                ["Entry", <Digest key="entry" value={entry.id} label="entry's id" characters={36} />],
                ["Leaf hash", <Digest key="hash" value={entry.leaf_hash} label="leaf's hash" characters={20} />],
              ]}
            />
            <EntryFacts facts={entry.facts} />
            <Proof entry={entry} />
          </div>
        )}
      </Loaded>
    </SidePanel>
  );
}

function Subject({ entry }: { entry: Entry }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3">
      <span>{entry.about}</span>
      <Digest value={entry.subject} label="subject" characters={36} />
      {entry.kind === EXECUTION && (
        <Link to="/executions" search={{ open: entry.subject }} className="text-accent-ink hover:underline">Open the execution</Link>
      )}
      <Link from="/audit" to="/audit" resetScroll={false} search={(search) => ({ ...search, subject: entry.subject })} className="text-accent-ink hover:underline">
        All entries about it
      </Link>
    </span>
  );
}

function EntryFacts({ facts }: { facts: Entry["facts"] }) {
  const known = Object.entries(facts).filter(([, value]) => value !== null);
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-semibold">Facts</h3>
      {known.length === 0 ? (
        <p className="text-sm text-muted">The entry says no more than that it happened.</p>
      ) : (
        <Facts
          facts={known.map(([name, value]) => [
            name,
            <span key={name} className="font-mono text-xs break-all">{typeof value === "string" ? value : JSON.stringify(value)}</span>,
          ])}
        />
      )}
    </section>
  );
}

function Proof({ entry }: { entry: Entry }) {
  const [file, setFile] = useState<string | null>(null);
  const canRead = useCan("executions:read");

  async function download(withContent: boolean) {
    try {
      await downloadProof(entry.id, withContent);
      setFile(proofFileName(entry.id, withContent));
    } catch (error) {
      announce(error instanceof Error ? error.message : String(error), "bad");
    }
  }

  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-semibold">Proof</h3>
      <div className="flex flex-wrap gap-2">
        <Button icon={FileCheck} onClick={() => void download(false)}>Download proof</Button>
        {entry.kind === EXECUTION && canRead && (
          <Button icon={FileLock2} onClick={() => void download(true)}>With the text (private)</Button>
        )}
      </div>
      <p className="text-xs text-muted">
        It holds this entry and those that it refers to, with their places in the signed tree. Check it anywhere:
      </p>
      <OfflineCommand file={file ?? proofFileName(entry.id)} />
    </section>
  );
}
