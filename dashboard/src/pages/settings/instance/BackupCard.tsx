import { Download } from "lucide-react";
import { send } from "../../../api/client";
import { Button } from "../../../components/Button";
import { formatBytes } from "../../../components/format";
import { announce } from "../../../components/Live";
import { Card } from "../../../components/Page";
import { Failure } from "../../../components/States";
import { useAttempt } from "../../../components/useAttempt";
import { fileName } from "./backup";

/** Downloads the whole instance as one file. */
export function BackupCard() {
  const { isBusy, error, attempt } = useAttempt();

  async function backUp() {
    await attempt(async () => {
      const answer = await send(new Request(new URL("/api/v1/instance/backup", window.location.origin), { method: "POST" }));
      const blob = await answer.blob();
      save(blob, fileName(new Date()));
      announce(`The backup is saved: ${formatBytes(blob.size)}.`);
    });
  }

  return (
    <Card title="Backup">
      <div className="flex flex-col items-start gap-3 text-sm">
        <p className="text-muted">
          One file with every tenant's data and the keys of the audit log and of provider credentials: keep it as safe as the instance.{" "}
          <code className="font-mono text-xs">mcp-engine restore</code> reads it.
        </p>
        <Button icon={Download} busy={isBusy} onClick={backUp}>
          {isBusy ? "Writing the backup" : "Download a backup"}
        </Button>
        <Failure error={error} />
      </div>
    </Card>
  );
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has begun to write by then; the file itself no longer needs the address.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
