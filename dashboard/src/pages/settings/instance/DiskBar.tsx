import { Badge } from "../../../components/Badge";
import { formatBytes } from "../../../components/format";

const SCARCE = 0.1;

/** How full the disk is: in words, and as a bar. */
export function DiskBar({ free, total }: { free: number; total: number }) {
  const share = total === 0 ? 0 : free / total;
  return (
    <div className="flex flex-col gap-1.5 text-sm">
      <p className="flex items-center gap-2">
        {formatBytes(free)} of {formatBytes(total)} free
        {share < SCARCE && <Badge tone="bad">little left</Badge>}
      </p>
      <div aria-hidden className="h-2 overflow-hidden rounded bg-raised">
        <div className={share < SCARCE ? "h-full bg-bad" : "h-full bg-accent"} style={{ width: `${(1 - share) * 100}%` }} />
      </div>
    </div>
  );
}
