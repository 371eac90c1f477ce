import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/**
 * wavesurfer puts its style sheet into the shadow root as an inline <style>, which our Content-Security-Policy refuses.
 * We turn that element into a <template>; shared/ui/waveform.tsx adopts its text as a constructed style sheet, which the policy allows.
 */
function wavesurferWithoutInlineStyle(): Plugin {
  return {
    name: 'parley:wavesurfer-without-inline-style',
    transform(code, id) {
      if (!id.includes('/wavesurfer.js/dist/') || !code.includes('attachShadow')) return null;
      const changed = code
        .replace('<style${', '<template class="sheet"${')
        .replace('</style>', '</template>');
      if (!changed.includes('<template class="sheet"${') || changed.includes('</style>'))
        this.error(
          'wavesurfer.js no longer builds its style sheet as expected: look at its renderer and adapt this plugin',
        );
      return { code: changed, map: null };
    },
  };
}

const target = process.env.PARLEY_URL ?? 'https://localhost:8443';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), wavesurferWithoutInlineStyle()],
  resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
  // Everything is a file of its own: `data:` addresses would need a wider policy than default-src 'self'.
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  optimizeDeps: { exclude: ['wavesurfer.js'] },
  server: {
    proxy: {
      '/v1': { target, secure: false, ws: true, changeOrigin: false },
      '/healthz': { target, secure: false },
    },
  },
});
