// The files that go with the next message: what each is, as what it leaves, and how to take it out.
import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { documentSort, fileSize } from "../lib/files";
import { useObjectUrl } from "../lib/useObjectUrl";
import styles from "./Attachments.module.css";
import { sentAs } from "./attachment";
import { SORT_ICONS } from "./content/DocumentCard";
import type { Staged } from "./staging";

type Props = { files: readonly Staged[]; onRemove: (id: string) => void };

export function Attachments({ files, onRemove }: Props) {
  const { t } = useTranslation();
  return (
    <ul
      className={styles.files}
      aria-label={t("composer.files", { count: files.length })}
      data-testid="attachments"
    >
      {files.map(({ id, file }) => (
        <Attachment key={id} file={file} onRemove={() => onRemove(id)} />
      ))}
    </ul>
  );
}

function Attachment({ file, onRemove }: { file: File; onRemove: () => void }) {
  const { t } = useTranslation();
  const { media, asDocument } = sentAs(file);
  return (
    <li className={styles.file} data-testid="attachment">
      <Preview file={file} />
      <span className={styles.words}>
        <span className={styles.name} title={file.name}>
          {file.name}
        </span>
        <span className={styles.facts}>
          {`${t(asDocument ? "composer.asDocument" : `conversation.media.kind.${media}`)} · ${fileSize(file.size)}`}
        </span>
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        aria-label={t("composer.removeFile", { name: file.name })}
        onClick={onRemove}
      >
        <IconX size={17} />
      </ActionIcon>
    </li>
  );
}

/** The picture itself, or the sign of its sort. */
function Preview({ file }: { file: File }) {
  const picture = file.type.startsWith("image/");
  const url = useObjectUrl(picture ? file : undefined);
  const [broken, setBroken] = useState(false);
  if (url && !broken) {
    return <img src={url} alt="" className={styles.picture} onError={() => setBroken(true)} />;
  }
  const sort = documentSort(file.name, file.type);
  const SortIcon = SORT_ICONS[sort];
  return (
    <span className={styles.icon}>
      <SortIcon size={26} stroke={1.6} aria-hidden />
    </span>
  );
}
