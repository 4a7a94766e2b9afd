import { Tags } from "lucide-react";
import { useState } from "react";
import { Button } from "../../../components/Button";
import { MetadataDialog } from "./MetadataDialog";
import { type Metadata, inWords } from "./values";

/** Chooses the metadata that files get as they are added. */
export function NewFilesMetadata({ metadata, onChange }: { metadata: Metadata; onChange: (next: Metadata) => void }) {
  const [isOpen, setOpen] = useState(false);
  const keys = Object.keys(metadata).length;
  return (
    <>
      <Button icon={Tags} look="quiet" title={inWords(metadata) || undefined} aria-label="Metadata of files that you add" onClick={() => setOpen(true)}>
        {keys === 0 ? "Metadata" : `Metadata (${keys})`}
      </Button>
      {isOpen && (
        <MetadataDialog
          title="Metadata of files that you add"
          description="Whatever you add on this page gets it, until you leave the page; a file that is added again gets it in place of what it had."
          metadata={metadata}
          onSave={onChange}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
