import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Schema } from "../../../api/client";
import { ErrorState } from "../../../components/States";
import { type Place, imageQuery } from "./queries";

interface PageImageProps {
  place: Place;
  page: Schema<"DocumentPage">;
  /** Of the image, in pixels. */
  width: number;
  label: string;
  rectangles: readonly Schema<"Rectangle">[];
}

/** One page of a PDF: its image, and over it what is highlighted. It fills the box it stands in. */
export function PageImage({ place, page, width, label, rectangles }: PageImageProps) {
  // Until it is there in another size, the one before is stretched.
  const query = useQuery({ ...imageQuery(place, page.number, width), placeholderData: keepPreviousData });
  const url = useObjectUrl(query.data);
  return (
    <figure aria-label={label} className="relative size-full overflow-hidden rounded-sm bg-white shadow-pop">
      {query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : url === undefined ? (
        <div role="status" aria-label={`Loading page ${page.number}`} className="size-full animate-pulse bg-[#eceef1]" />
      ) : (
        <img src={url} alt={label} className="size-full select-none" draggable={false} />
      )}
      {rectangles.map((rectangle) => (
        <span
          key={`${rectangle.left}:${rectangle.top}`}
          data-highlight=""
          aria-hidden
          className="absolute rounded-[2px] bg-[#ffd84d]/45 mix-blend-multiply outline-2 outline-[#d99a00]/60"
          style={{
            left: percent(rectangle.left - 0.002),
            top: percent(rectangle.top - 0.001),
            width: percent(rectangle.width + 0.004),
            height: percent(rectangle.height + 0.002),
          }}
        />
      ))}
    </figure>
  );
}

function percent(share: number): string {
  return `${share * 100}%`;
}

/** The URL of a blob for as long as it is shown. */
function useObjectUrl(blob: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (blob === undefined) {
      setUrl(undefined);
      return;
    }
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}
