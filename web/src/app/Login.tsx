import { Alert, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/http";
import { login } from "../api/queries";
import icon from "./icon.svg";
import styles from "./Login.module.css";
import { useErrorText } from "./Screens";

export function Login() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { volver } = useSearch({ from: "/entrar" });
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = String(form.get("email") ?? "").trim();
    const secret = String(form.get("password") ?? "");
    if (email === "" || secret === "") {
      setProblem(t("login.missing"));
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await login(client, email, secret);
      // After a session that ended, a new page: nothing of whoever was here before stays in memory.
      if (volver) location.replace(volver);
      else await navigate({ to: "/bandeja", replace: true });
    } catch (error) {
      const wrong = error instanceof ApiError && error.code === "auth.wrong";
      setProblem(wrong ? t("login.wrong") : errorText(error));
      setBusy(false);
      if (wrong) password.current?.select();
    }
  }

  return (
    <main className={styles.page}>
      <Paper className={styles.card} withBorder p="xl" radius="lg">
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <div className={styles.brand}>
              <img src={icon} alt="" width={40} height={40} />
              <div>
                <Title order={1} size="h2">
                  {t("app.name")}
                </Title>
                <Text size="sm" c="dimmed">
                  {t("login.intro")}
                </Text>
              </div>
            </div>
            {volver && problem === null && (
              <Text size="sm" c="dimmed">
                {t("login.ended")}
              </Text>
            )}
            {problem && (
              <Alert color="red" variant="light" role="alert" data-testid="login-problem">
                {problem}
              </Alert>
            )}
            <TextInput
              name="email"
              type="email"
              label={t("login.email")}
              autoComplete="username"
              inputMode="email"
              size="md"
              autoFocus
              data-testid="login-email"
            />
            <PasswordInput
              ref={password}
              name="password"
              label={t("login.password")}
              autoComplete="current-password"
              size="md"
              data-testid="login-password"
              visibilityToggleButtonProps={{ "aria-label": t("login.show") }}
            />
            <Button type="submit" size="md" loading={busy} fullWidth data-testid="login-submit">
              {t("login.submit")}
            </Button>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
