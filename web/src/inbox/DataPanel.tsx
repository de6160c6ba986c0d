// What is known about the person: the contact, what the flow captured, the cases so far.
import { Badge, Text } from "@mantine/core";
import { IconExternalLink, IconMapPin } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CaseView, ConsentView, Conversation } from "../api/types";
import { useNow } from "../lib/clock";
import { full, shortWhen, since } from "../lib/time";
import { useValueText } from "../lib/useValueText";
import { asMedia, type CapturedMedia } from "./captured";
import { MEDIA_ICONS } from "./content/MediaContent";
import { asPlace, placeName, placeUrl } from "./content/place";
import styles from "./DataPanel.module.css";

export function DataPanel({
  conversation: { summary, captured, tags, consents, cases },
}: {
  conversation: Conversation;
}) {
  const { t } = useTranslation();
  return (
    <div className={styles.panel} data-testid="data-panel">
      <h3>{t("panel.contact")}</h3>
      <dl>
        <div>
          <dt>{t("panel.phone")}</dt>
          <dd>{summary.address}</dd>
        </div>
        {summary.run && (
          <>
            <div>
              <dt>{t("panel.flow")}</dt>
              <dd>{summary.run.flow_name}</dd>
            </div>
            <div>
              <dt>{t("panel.step")}</dt>
              <dd>{summary.run.node_name}</dd>
            </div>
          </>
        )}
      </dl>
      {tags.length > 0 && (
        <>
          <h3>{t("panel.tags")}</h3>
          <ul className={styles.tags} data-testid="tags">
            {tags.map((tag) => (
              <li key={tag}>
                <Badge variant="light" tt="none" maw="100%">
                  {tag}
                </Badge>
              </li>
            ))}
          </ul>
        </>
      )}
      {consents.length > 0 && (
        <>
          <h3>{t("panel.consents")}</h3>
          <dl data-testid="consents">
            {consents.map((each) => (
              <Consent key={each.purpose} item={each} />
            ))}
          </dl>
        </>
      )}
      <h3>{t("panel.captured")}</h3>
      {captured.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("panel.capturedEmpty")}
        </Text>
      ) : (
        <dl>
          {captured.map((field) => (
            <div key={field.key} data-testid={`captured-${field.key}`}>
              <dt>{field.label}</dt>
              <dd>
                <CapturedValue value={field.value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <h3>{t("panel.cases")}</h3>
      {cases.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("panel.casesEmpty")}
        </Text>
      ) : (
        <ol className={styles.cases}>
          {cases.map((each) => (
            <CaseCard key={each.id} item={each} />
          ))}
        </ol>
      )}
    </div>
  );
}

/** A place leads to the map, a file to itself; anything else is told in words. */
function CapturedValue({ value }: { value: unknown }) {
  const valueText = useValueText();
  const place = asPlace(value);
  if (place) {
    return (
      <a className={styles.link} href={placeUrl(place)} target="_blank" rel="noreferrer noopener">
        <IconMapPin size={16} aria-hidden />
        {placeName(place)}
      </a>
    );
  }
  const media = asMedia(value);
  return media ? <CapturedFile media={media} /> : valueText(value);
}

function CapturedFile({ media: { media, name, url } }: { media: CapturedMedia }) {
  const { t } = useTranslation();
  const [broken, setBroken] = useState(false);
  const MediaIcon = MEDIA_ICONS[media];
  const title = name ?? t(`conversation.media.kind.${media}`);
  if (url === null) {
    return (
      <span className={styles.link}>
        <MediaIcon size={16} aria-hidden />
        {title}
      </span>
    );
  }
  const pictured = (media === "image" || media === "sticker") && !broken;
  return (
    <a
      className={styles.link}
      href={url}
      target="_blank"
      rel="noreferrer noopener"
      aria-label={t("panel.openFile", { name: title })}
    >
      {pictured ? (
        <img src={url} alt="" className={styles.thumbnail} loading="lazy" onError={() => setBroken(true)} />
      ) : (
        <>
          <MediaIcon size={16} aria-hidden />
          {title}
          <IconExternalLink size={13} aria-hidden />
        </>
      )}
    </a>
  );
}

function Consent({ item }: { item: ConsentView }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <div>
      <dt>{item.label}</dt>
      <dd title={full(item.at)}>
        {t(item.granted ? "panel.consentGiven" : "panel.consentRefused", {
          when: shortWhen(item.at, now),
          version: item.version,
        })}
      </dd>
    </div>
  );
}

function CaseCard({ item }: { item: CaseView }) {
  const { t } = useTranslation();
  const now = useNow();
  // A case that ended no longer tells when it was taken: then there is no waiting time to show.
  const waitedUntil = item.taken_at ?? (item.end_reason === "timed_out" ? item.ended_at : null);
  return (
    <li className={styles.case} data-state={item.state}>
      <div className={styles.caseHead}>
        <strong>
          {item.end_reason ? t(`panel.caseReason.${item.end_reason}`) : t(`panel.caseState.${item.state}`)}
        </strong>
        <time dateTime={item.queued_at} title={full(item.queued_at)}>
          {shortWhen(item.queued_at, now)}
        </time>
      </div>
      <div>
        {item.queue}
        {" · "}
        {item.assignee?.name ?? t("panel.caseNobody")}
      </div>
      {waitedUntil && (
        <div>{t("panel.caseWaited", { time: since(item.queued_at, Date.parse(waitedUntil)) })}</div>
      )}
      {item.state === "queued" && <div>{t("panel.caseWaiting", { time: since(item.queued_at, now) })}</div>}
    </li>
  );
}
