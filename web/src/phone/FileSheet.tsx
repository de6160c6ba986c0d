// The sheet that sends a file: a sample of the emulator or the person's own, seen before it goes.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { emulator } from "./emulator";
import styles from "./FileSheet.module.css";
import { Film } from "./Film";
import { ACCEPTS, type Attachment, captioned, TYPE_OF } from "./outgoing";
import { PaperFace } from "./Paper";
import { Sheet } from "./Sheet";
import { Sound } from "./Sound";
import { useSending } from "./use-sending";

type Props = {
  what: Attachment;
  close: () => void;
  send: (file: File, caption: string) => Promise<void>;
};

// WhatsApp's limit of the words under a file.
const MAX_CAPTION = 1024;

export function FileSheet({ what, close, send }: Props) {
  const { t } = useTranslation();
  const group = useId();
  const { data: all } = useQuery({ queryKey: ["samples"], queryFn: emulator.samples });
  const samples = all?.filter(({ kind }) => kind === TYPE_OF[what]) ?? [];
  const [own, setOwn] = useState<File>();
  // The name of a sample; the first one, unless something was chosen.
  const [chosen, setChosen] = useState<string | null>();
  const [caption, setCaption] = useState("");
  const sending = useSending(close);

  const sample = chosen === null ? undefined : (samples.find(({ name }) => name === chosen) ?? samples[0]);
  const { data: sampled } = useQuery({
    queryKey: ["sample", sample?.name],
    queryFn: () => (sample ? emulator.sample(sample) : undefined),
    enabled: sample !== undefined,
  });
  const file = sample ? sampled : own;
  return (
    <Sheet
      title={t(`phone.attach.${what}`)}
      closing={t("phone.attach.close")}
      close={close}
      ready={file !== undefined}
      failure={sending.failure}
      send={() => file && sending.go(() => send(file, caption.trim()))}
      sendId="file-send"
    >
      <div className={styles.preview}>{file && <Preview what={what} file={file} />}</div>
      <fieldset className={styles.choices}>
        <legend>{t("phone.attach.which")}</legend>
        {samples.map(({ name }) => (
          <label key={name}>
            <input
              type="radio"
              name={group}
              checked={sample?.name === name}
              onChange={() => setChosen(name)}
            />
            <span>{name}</span>
          </label>
        ))}
        {own && (
          <label>
            <input type="radio" name={group} checked={!sample} onChange={() => setChosen(null)} />
            <span>{own.name}</span>
          </label>
        )}
        <label className={styles.own}>
          <input
            type="file"
            accept={ACCEPTS[what]}
            data-testid="file-own"
            onChange={(event) => {
              const [first] = event.target.files ?? [];
              if (!first) return;
              setOwn(first);
              setChosen(null);
            }}
          />
          <span>{t("phone.attach.own")}</span>
        </label>
      </fieldset>
      {captioned(what) && (
        <input
          className={styles.caption}
          maxLength={MAX_CAPTION}
          value={caption}
          onChange={(event) => setCaption(event.target.value)}
          placeholder={t("phone.attach.caption")}
          aria-label={t("phone.attach.caption")}
          data-testid="file-caption"
        />
      )}
    </Sheet>
  );
}

function Preview({ what, file }: { what: Attachment; file: File }) {
  const path = useAddress(file);
  if (!path) return null;
  // Something else than what was asked for is refused when it is sent; until then it is shown as what it is.
  const fits = file.type.startsWith(`${TYPE_OF[what] === "sticker" ? "image" : TYPE_OF[what]}/`);
  switch (fits ? what : "document") {
    case "image":
    case "sticker":
      return <img className={styles[what]} src={path} alt={file.name} />;
    // A new element for a new file: players keep what they know of the one before.
    case "video":
      return <Film key={path} path={path} />;
    case "voice":
      return <Sound key={path} path={path} voice={file.type.startsWith("audio/ogg")} />;
    case "document":
      return (
        <span className={styles.paper}>
          <PaperFace name={file.name} mime={file.type} bytes={file.size} />
        </span>
      );
  }
}

/** An address under which this page finds the file, as long as it is shown. */
function useAddress(file: File): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return address;
}
