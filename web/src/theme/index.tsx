// The look shared by every page: wrap a page in <Theme>.
import "./mantine.css";
import "./tokens.css";
import { createTheme, Drawer, MantineProvider, Modal } from "@mantine/core";
import type { ReactNode } from "react";

const theme = createTheme({
  primaryColor: "teal",
  primaryShade: 6,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // Locking the scroll injects a <style>, and these pages do not scroll: their panes do.
    Modal: Modal.extend({ defaultProps: { lockScroll: false } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false } }),
  },
});

// Mantine's run-time <style> elements stay off: the variables are in tokens.css, and the pages need no
// 'unsafe-inline'. So do not use responsive style props (`p={{ base: … }}`) nor `visibleFrom`: write CSS modules.
export function Theme({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withStaticClasses={false}
      withGlobalClasses={false}
    >
      {children}
    </MantineProvider>
  );
}
