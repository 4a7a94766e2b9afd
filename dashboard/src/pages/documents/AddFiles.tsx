import { FilePlus2, FolderPlus } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { announce } from "../../components/Live";
import { type NamedFile, droppedFiles, pickedFiles } from "./files";

// Source code has dozens of suffixes, and some systems call it by no type that begins with text: the engine decides.
const KINDS = [
  ".pdf,.docx,.xlsx,.xlsm,.pptx,.pptm,.ppsx,.epub,.eml,.csv,.tsv,.html,.htm,.xhtml,.md,.markdown,.txt,.png,.jpg,.jpeg,.tif,.tiff,.webp",
  ".py,.js,.jsx,.ts,.tsx,.go,.rs,.java,.kt,.scala,.cs,.swift,.php,.c,.h,.cpp,.hpp,.sh,.sql,.rb,.lua,.r,.json,.yaml,.yml,.toml,.ini",
  "text/*,application/pdf",
].join(",");

/** Buttons that pick files, or a folder with everything below it. */
export function AddFilesButtons({ onFiles, primary = false, disabled = false }: {
  onFiles: (files: NamedFile[]) => void;
  primary?: boolean;
  disabled?: boolean;
}) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  function picked(input: HTMLInputElement) {
    const found = pickedFiles(input.files ?? []);
    input.value = "";
    if (found.length > 0) onFiles(found);
    else announce("There is no file in it that is not hidden.", "bad");
  }

  return (
    <>
      <input ref={files} type="file" multiple accept={KINDS} hidden aria-label="Files to add" onChange={(event) => picked(event.target)} />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        aria-label="Folder to add"
        {...{ webkitdirectory: "" }}
        onChange={(event) => picked(event.target)}
      />
      <Button look={primary ? "primary" : "secondary"} icon={FilePlus2} disabled={disabled} onClick={() => files.current?.click()}>
        Add files
      </Button>
      <Button icon={FolderPlus} disabled={disabled} onClick={() => folder.current?.click()} className="max-sm:hidden">
        Add a folder
      </Button>
    </>
  );
}

/** Takes what is dropped anywhere on it, and shows that it would. */
export function DropArea({ into, onFiles, children }: { into: string; onFiles: (files: NamedFile[]) => void; children: ReactNode }) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);

  // Outside of the area a dropped file would be opened instead of this page.
  useEffect(() => {
    const prevent = (event: DragEvent) => event.preventDefault();
    window.addEventListener("dragover", prevent);
    window.addEventListener("drop", prevent);
    return () => {
      window.removeEventListener("dragover", prevent);
      window.removeEventListener("drop", prevent);
    };
  }, []);

  function hover(by: 1 | -1) {
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  }

  async function drop(event: React.DragEvent) {
    depth.current = 0;
    setOver(false);
    const found = await droppedFiles(event.dataTransfer.items);
    if (found.length > 0) onFiles(found);
  }

  return (
    <div
      className="relative"
      onDragEnter={(event) => event.dataTransfer.types.includes("Files") && hover(1)}
      onDragLeave={(event) => event.dataTransfer.types.includes("Files") && hover(-1)}
      onDrop={(event) => void drop(event)}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-0 z-20 flex items-start justify-center rounded-lg border-2 border-dashed border-accent-ink bg-accent-soft/90 pt-16">
          <p className="flex items-center gap-2 text-lg font-semibold text-accent-ink">
            <FilePlus2 aria-hidden className="size-5" />
            Drop files or folders to add them to {into}
          </p>
        </div>
      )}
    </div>
  );
}
