import { SidePanel } from "../../../components/SidePanel";
import { Tabs } from "../../../components/Tabs";
import { Value } from "../../datasets/Value";
import { asText } from "../../executions/readable";
import type { ComparedOutput, ComparedRow, Difference } from "../queries";
import { Run } from "../Run";
import type { Side } from "../search";
import { Marked } from "./Marked";
import { scoreOf, type SideNames } from "./rowColumns";

/** One row in both evaluations beside the list: the outputs, and each side's trace. */
export function ComparedPanel({ row, measure, names, trace, onTrace, onClose }: {
  row: ComparedRow;
  measure: Difference;
  names: SideNames;
  /** The side whose trace is shown; none for the outputs. */
  trace: Side | undefined;
  onTrace: (side: Side | undefined) => void;
  onClose: () => void;
}) {
  const [left, right] = [row.outputs[0], row.outputs.at(-1)];
  const tabs = [
    { name: "outputs", label: "Outputs" },
    { name: "left", label: `Trace of ${names.left}` },
    { name: "right", label: `Trace of ${names.right}` },
  ] as const;
  return (
    <SidePanel title={`Row ${row.position + 1}`} onClose={onClose}>
      <Tabs label="Parts of the row" tabs={tabs} value={trace ?? "outputs"} onChange={(tab) => onTrace(tab === "outputs" ? undefined : tab)}>
        {trace === undefined && (
          <div className="flex flex-col gap-5">
            {left && <Output side="left" {...{ left, right }} name={names.left} measure={measure} />}
            {right && <Output side="right" {...{ left, right }} name={names.right} measure={measure} />}
            <Value title="Expected" value={row.expected} />
            <Value title="Inputs" value={row.inputs} none="Erased." />
          </div>
        )}
        {trace === "left" && <Run executionId={left?.execution_id ?? null} />}
        {trace === "right" && <Run executionId={right?.execution_id ?? null} />}
      </Tabs>
    </SidePanel>
  );
}

function Output({ left, right, side, name, measure }: {
  left: ComparedOutput | undefined;
  right: ComparedOutput | undefined;
  side: Side;
  name: string;
  measure: Difference;
}) {
  const own = side === "left" ? left : right;
  if (!own) return null;
  return (
    <section className="flex min-w-0 flex-col gap-1.5">
      <h3 className="flex flex-wrap items-baseline justify-between gap-x-3 font-semibold">
        {name} <span className="text-sm font-normal text-muted">{measure.scorer}: {scoreOf(own, measure)}</span>
      </h3>
      {own.error_code ? (
        <p className="rounded-md bg-bad-soft p-3 text-sm text-bad">The run gave no output: <span className="font-mono text-xs">{own.error_code}</span></p>
      ) : (
        <div role="region" aria-label={`Output of ${name}`} tabIndex={0} className="max-h-72 overflow-auto rounded-md bg-raised p-3 text-sm break-words whitespace-pre-wrap">
          <Marked left={text(left)} right={text(right)} side={side} />
        </div>
      )}
    </section>
  );
}

function text(output: ComparedOutput | undefined): string {
  return output?.output === null || output === undefined ? "" : asText(output.output);
}
