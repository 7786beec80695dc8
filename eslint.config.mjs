// What is checked without types, so that it takes seconds; types are tsc's business (pkg/build.mjs).
import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// What the pages' script tags define.
const scriptTags = { carto: 'readonly', L: 'readonly' };
// What the browser defines for tests that ask for it (--js-flags=--expose-gc).
const forTests = { gc: 'readonly' };

const rules = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-console': 'off',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
};

export default tseslint.config(
  {
    ignores: ['**/node_modules/', 'target/', '.sandbox/', 'pkg/glue/', 'pkg/glue-core/', 'pkg/glue-vector/', 'pkg/types/', 'www/docs/api/', 'pkg/carto.js', 'pkg/carto.mjs', 'pkg/carto.core.js', 'pkg/carto.core.mjs', 'pkg/carto.vector.js', 'pkg/carto.vector.mjs', 'pkg/slim.mjs', 'pkg/carto.widgets.js', 'pkg/carto.widgets.mjs'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  { files: ['**/*.{js,mjs,ts}'], rules },
  {
    files: ['**/*.{ts,mts,cts}'],
    extends: [tseslint.configs.recommended],
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
    },
  },
  {
    // The documentation is built in Node.
    files: ['www/docs/.vitepress/**', 'www/docs/**/*.mts'],
    languageOptions: { globals: globals.node },
  },
  { files: ['www/**'], languageOptions: { globals: { ...globals.browser, ...scriptTags } } },
  {
    // Tests run in Node and hand functions over to the page.
    files: ['*.mjs', 'pkg/*.mjs', 'crates/**/*.mjs', 'tests/**/*.{js,mjs}'],
    languageOptions: { globals: { ...globals.node, ...globals.browser, ...scriptTags, ...forTests } },
  },
);
