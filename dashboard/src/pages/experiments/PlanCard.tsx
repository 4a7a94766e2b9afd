import { formatCount, formatMoment } from "../../components/format";
import { Facts } from "../../components/Facts";
import { Card } from "../../components/Page";
import { Principal } from "../../components/Principal";
import { TimeAgo } from "../../components/TimeAgo";
import type { Detail } from "./queries";
import { formatShare, ruleInWords, stepInWords } from "./words";

type Metric = Detail["plan"]["metrics"][number];

/** What was named before the data, and can't be changed after it. */
export function PlanCard({ experiment }: { experiment: Detail }) {
  const { plan } = experiment;
  const [primary, ...further] = plan.metrics;
  return (
    <Card title="Plan">
      <Facts
        facts={[
          ["Decided by", primary ? metricInWords(primary) : "–"],
          further.length > 0 ? ["Further metrics", <Lines key="further" lines={further.map(metricInWords)} />] : null,
          plan.guardrails?.length
            ? ["Guardrails", <Lines key="guard" lines={plan.guardrails.map((one) => `${metricInWords(one)}, ${one.tolerated_loss} tolerated`)} />]
            : null,
          ["Error rate", `${formatShare(plan.alpha)} at the most, however often it is read`],
          ["Planned units", formatCount(plan.planned_units)],
          plan.metrics.some((one) => one.kind === "mean") ? ["Burn-in", `${formatCount(plan.burn_in)} values an arm before a mean is judged`] : null,
          plan.covariate ? ["Covariate", plan.covariate] : null,
          ["Traffic", <Lines key="ramp" lines={(plan.ramp ?? []).map((step) => stepInWords(step, formatMoment))} />],
          plan.targeting?.length ? ["Only where", <Lines key="rules" lines={plan.targeting.map(ruleInWords)} />] : null,
          plan.group ? ["Group", `${plan.group.name}, ${formatShare(plan.group.share)} of its units`] : null,
          ["Held back", formatShare(plan.holdback)],
          ["Shares", plan.allocator === "fixed" ? "fixed" : "follow the outcomes (top-two Thompson sampling): estimates are biased"],
          ["Made by", <><Principal id={experiment.author_id} />, <TimeAgo at={experiment.created_at} /></>],
        ]}
      />
    </Card>
  );
}

function metricInWords({ name, kind, direction }: Metric): string {
  return `${name} (${kind}), better when ${direction ?? "–"}`;
}

function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <ul>
      {lines.map((line) => <li key={line}>{line}</li>)}
    </ul>
  );
}
