// Whose walk to light: everybody who wrote, those inside this flow first.
import { Select } from "@mantine/core";
import { IconUserSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { conversationQuery, conversationsQuery } from "../api/queries";
import styles from "./PersonChooser.module.css";

type Props = { flow: string; value: string | null; onChange: (contact: string | null) => void };

export function PersonChooser({ flow, value, onChange }: Props) {
  const { t } = useTranslation();
  const all = useInfiniteQuery(conversationsQuery("all")).data;
  const chosen = useQuery({
    ...conversationQuery(value ?? ""),
    select: ({ summary }) => summary,
    enabled: value !== null,
  }).data;
  const options = useMemo(() => {
    const people = all?.pages.flatMap((page) => page.items) ?? [];
    const inside = people.filter((person) => person.run?.flow === flow);
    const others = people.filter((person) => person.run?.flow !== flow);
    // Whoever is chosen may be further down than the pages loaded.
    const away = chosen && !people.some((person) => person.contact === chosen.contact) ? [chosen] : [];
    return [...away, ...inside, ...others].map((person) => ({
      value: person.contact,
      label: person.name ? `${person.name} · ${person.address}` : person.address,
    }));
  }, [all, flow, chosen]);
  return (
    <Select
      className={styles.chooser ?? ""}
      aria-label={t("flow.choose")}
      placeholder={t("flow.choosePlaceholder")}
      nothingFoundMessage={t("flow.chooseEmpty")}
      leftSection={<IconUserSearch size={17} aria-hidden />}
      data={options}
      value={value}
      onChange={onChange}
      searchable
      limit={50}
      data-testid="person-chooser"
    />
  );
}
