import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// One direction: app -> features/<name> -> shared -> packages. A feature never reaches into another one.
const features = ['sign-in', 'live', 'calls', 'extensions', 'users', 'policy', 'prove', 'records', 'status'];
const zones = [
  { target: './console/src/shared', from: ['./console/src/app', './console/src/features'] },
  { target: './console/src/features', from: './console/src/app' },
  { target: './packages', from: './console', except: ['./testing'] },
  ...features.map((name) => ({
    target: `./console/src/features/${name}`,
    from: './console/src/features',
    except: [`./${name}`],
  })),
];

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', 'packages/api-client/src/gen'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  hooks.configs.flat['recommended-latest'] ?? hooks.configs['recommended-latest'],
  a11y.flatConfigs.recommended,
  {
    plugins: { 'import-x': importX },
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      'no-restricted-globals': [
        'error',
        { name: 'localStorage', message: 'The console keeps nothing in the browser but the session cookie.' },
        { name: 'fetch', message: 'Call the server through @parley/api-client.' },
      ],
    },
  },
  {
    files: ['packages/api-client/**', 'console/testing/**', 'e2e/**', '**/*.test.*'],
    rules: { 'no-restricted-globals': 'off' },
  },
  prettier,
);
