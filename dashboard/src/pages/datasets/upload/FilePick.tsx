import { FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { Button } from "../../../components/Button";
import { classes } from "../../../components/classes";
import { formatBytes } from "../../../components/format";
import { KINDS } from "./table";

/** Takes one file, dropped or picked. */
export function FilePick({ file, onFile }: { file: File | undefined; onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const [dropped] = event.dataTransfer.files;
    if (dropped) onFile(dropped);
  }

  return (
    <div
      className={classes(
        "flex flex-wrap items-center gap-3 rounded-lg border border-dashed px-4 py-3",
        isOver ? "border-accent-ink bg-accent-soft" : "border-line-strong",
      )}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <FileUp aria-hidden className="size-5 text-muted" />
      <p className="min-w-0 grow text-sm break-words">
        {file ? (
          <>
            <span className="font-medium">{file.name}</span> <span className="text-muted">{formatBytes(file.size)}</span>
          </>
        ) : (
          <span className="text-muted">Drop CSV, TSV, JSON Lines or Parquet here.</span>
        )}
      </p>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="File of rows"
        accept={KINDS.join(",")}
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          event.target.value = "";
          if (chosen) onFile(chosen);
        }}
      />
      <Button look={file ? "secondary" : "primary"} onClick={() => input.current?.click()}>
        {file ? "Another file" : "Choose a file"}
      </Button>
    </div>
  );
}
