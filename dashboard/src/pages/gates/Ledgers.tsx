import { formatCount } from "../../components/format";
import { Card } from "../../components/Page";
import { TimeAgo } from "../../components/TimeAgo";
import { SEALED } from "../datasets/queries";
import { formatLevel } from "../releases/words";
import type { Detail, Ledger } from "./queries";
import { ledgerInWords, percent } from "./words";

/** What looks at sealed rows may still cost, and why so much is left. */
export function Ledgers({ gate: { ledgers, requirements } }: { gate: Detail }) {
  if (ledgers.length === 0 && !requirements.some((one) => one.split === SEALED)) return null;
  return (
    <Card title="Error budget of the sealed rows" flush>
      {ledgers.length === 0 ? (
        <p className="p-4 text-sm text-muted">All of it is left: nobody has looked at these sealed rows yet. The first request that gets so far opens the ledger.</p>
      ) : (
        <ul aria-label="Ledgers" className="divide-y divide-line">
          {ledgers.map((ledger) => <LedgerItem key={ledger.id} ledger={ledger} />)}
        </ul>
      )}
      <p className="border-t border-line px-4 py-2 text-xs text-muted">
        Every look at the same rows spends, whoever asks and under whatever name. Fresh rows begin anew.
      </p>
    </Card>
  );
}

function LedgerItem({ ledger }: { ledger: Ledger }) {
  const { left, next_level: level, looks, planned, passes, rows, opened_at: at, reason } = ledger;
  return (
    <li className="flex flex-col gap-2 px-4 py-3 text-sm">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="text-lg font-semibold">{percent(left)} left</span>
        <span className="text-muted">{formatCount(rows)} rows, looked at since <TimeAgo at={at} /></span>
      </p>
      <Meter ledger={ledger} />
      <p className="break-words">{reason}</p>
      <p className="text-xs text-muted">
        {formatCount(looks)} of {formatCount(planned)} planned {planned === 1 ? "look" : "looks"}, {passes === 0 ? "none passed" : `${formatCount(passes)} passed`}. The
        next look passes at a p-value of {formatLevel(level)} or less.
      </p>
    </li>
  );
}

const MOST_TICKS = 100;

/** The budget as a bar: what is spent is gone from the left; a tick a planned look. */
function Meter({ ledger }: { ledger: Ledger }) {
  const { left, planned } = ledger;
  const ticks = planned <= MOST_TICKS ? planned : 0;
  return (
    <div
      role="meter"
      aria-label={ledgerInWords(ledger)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(left * 100)}
      className="relative h-4 overflow-hidden rounded border border-line-strong bg-raised"
    >
      <span className="absolute inset-y-0 right-0 bg-accent" style={{ width: `${left * 100}%` }} />
      {Array.from({ length: Math.max(0, ticks - 1) }, (_, place) => (
        <span key={place} className="absolute inset-y-0 w-px bg-surface opacity-60" style={{ left: `${((place + 1) / ticks) * 100}%` }} />
      ))}
    </div>
  );
}
