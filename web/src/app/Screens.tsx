// What stands in for a screen that loads, fails or does not exist.
import { Button, Center, Loader, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/http";

/** A sentence that says what to do. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof ApiError)) return t("error.unknown");
    if (error.code === "network") return t("error.network");
    if (error.code === "not_found") return error.problem?.detail ?? t("error.not_found");
    return error.problem?.detail ?? error.problem?.title ?? t("error.unknown");
  };
}

type NoticeProps = { icon?: ReactNode; title: string; text: ReactNode; children?: ReactNode };

/** An empty or failed place: what it is, and what to do. */
export function Notice({ icon, title, text, children }: NoticeProps) {
  return (
    <Center h="100%" p="lg" mih={200}>
      <Stack align="center" gap="xs" maw={380} ta="center">
        {icon}
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text c="dimmed" size="sm">
          {text}
        </Text>
        {children}
      </Stack>
    </Center>
  );
}

export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  return (
    <Notice title={t("error.title")} text={errorText(error)}>
      <Button variant="light" onClick={retry} mt="xs">
        {t("common.retry")}
      </Button>
    </Notice>
  );
}

export function LoadingScreen() {
  const { t } = useTranslation();
  return (
    <Center h="100%" mih={200} role="status" aria-label={t("common.loading")}>
      <Loader size="sm" />
    </Center>
  );
}

export function ProblemScreen({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const known = error instanceof ApiError;
  return (
    <Notice
      title={known ? t("error.title") : t("error.page.title")}
      text={known ? errorText(error) : t("error.page.text")}
    >
      <Button variant="light" onClick={() => location.reload()} mt="xs">
        {known ? t("common.retry") : t("error.page.reload")}
      </Button>
    </Notice>
  );
}

export function LostScreen() {
  const { t } = useTranslation();
  return (
    <Notice title={t("error.lost.title")} text={t("error.lost.text")}>
      <Button component={Link} to="/bandeja" variant="light" mt="xs">
        {t("error.lost.home")}
      </Button>
    </Notice>
  );
}
