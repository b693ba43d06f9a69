import { defineConfig, type UserConfig } from 'vite'

const SERVER = process.env['SWITCHYARD_URL'] ?? 'http://127.0.0.1:7373'

const config: UserConfig = defineConfig({
  // Relative, so that it works below a path that a proxy has for it; the server has all but the page in /console.
  base: './',
  build: {
    assetsDir: 'console',
    target: 'es2023',
    modulePreload: { polyfill: false },
    // Nothing inline: the page's policy would refuse it.
    assetsInlineLimit: 0,
  },
  server: { proxy: Object.fromEntries(['/v1', '/readyz'].map((path) => [path, SERVER])) },
})

export default config
