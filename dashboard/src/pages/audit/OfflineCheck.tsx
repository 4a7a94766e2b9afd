import { useQuery } from "@tanstack/react-query";
import { Code } from "../../components/Code";
import { CopyButton } from "../../components/CopyButton";
import { Loaded } from "../../components/States";
import { checkCommand } from "./checking";
import { keyQuery } from "./queries";

/** How anybody checks a proof without this server. */
export function OfflineCheck() {
  return (
    <details className="rounded-lg border border-line bg-surface px-4 py-2.5">
      <summary className="text-sm font-semibold">Check a proof offline</summary>
      <div className="mt-3 flex flex-col gap-2 text-sm">
        <p className="text-muted">
          A proof is a file: download it from an entry or an execution. It is checked by this command, with no server and no database. Keep the key
          where the proofs are checked: a key that comes with a proof proves nothing.
        </p>
        <OfflineCommand file="proof.json" />
      </div>
    </details>
  );
}

/** The command for one file, with this log's key. */
export function OfflineCommand({ file }: { file: string }) {
  const query = useQuery(keyQuery);
  return (
    <Loaded query={query}>
      {(vkey) => (
        <div className="flex flex-col gap-1">
          <Code text={checkCommand(file, vkey)} label="Command to check a proof offline" />
          <div><CopyButton value={checkCommand(file, vkey)} label="Copy the command" withText /></div>
        </div>
      )}
    </Loaded>
  );
}
