import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      '~testing': fileURLToPath(new URL('./console/testing', import.meta.url)),
      '~': fileURLToPath(new URL('./console/src', import.meta.url)),
    },
  },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'https://parley.test/' } },
    setupFiles: ['./console/testing/setup.ts'],
    include: ['console/src/**/*.test.{ts,tsx}', 'packages/**/*.test.ts'],
    css: false,
    testTimeout: 60_000,
  },
});
