import { Lock } from "lucide-react";
import { Badge } from "../../components/Badge";
import { formatCount } from "../../components/format";
import { SEALED } from "./queries";

/** How many rows each split has; the sealed one carries a lock and says so. */
export function Splits({ splits }: { splits: Readonly<Record<string, number>> }) {
  return (
    <span className="flex flex-wrap gap-1">
      {Object.entries(splits).map(([split, rows]) =>
        split === SEALED ? (
          <Badge key={split} tone="warn" icon={Lock}>
            sealed {formatCount(rows)}
          </Badge>
        ) : (
          <Badge key={split}>
            {split} {formatCount(rows)}
          </Badge>
        ),
      )}
    </span>
  );
}
