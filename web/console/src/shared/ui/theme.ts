import { Badge, createTheme, Modal, Paper, Table, Tooltip } from '@mantine/core';

/** Colours, fonts and variables are in theme.css: MantineProvider must not write <style> elements (Content-Security-Policy). */
export const theme = createTheme({
  components: {
    Badge: Badge.extend({ defaultProps: { variant: 'light', tt: 'none', fw: 500, radius: 'sm' } }),
    // Locking the scroll would insert a <style> element.
    Modal: Modal.extend({
      defaultProps: {
        lockScroll: false,
        centered: true,
        radius: 'md',
        overlayProps: { backgroundOpacity: 0.45 },
      },
    }),
    Paper: Paper.extend({ defaultProps: { withBorder: true, radius: 'md' } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 'sm', horizontalSpacing: 'md' } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: false } },
    }),
  },
});
