// A page for each file of a recipe, which shows it whole.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { DOCS } from '../.vitepress/sections.mts';
import { pageOfRecipe } from '../.vitepress/links.mts';

const RECIPES = join(DOCS, 'recipes');

export default {
  paths: () => readdirSync(RECIPES, { recursive: true, encoding: 'utf8' })
    .filter((file) => /[/\\]/.test(file) && statSync(join(RECIPES, file)).isFile())
    .map((name) => name.replaceAll('\\', '/'))
    .map((file) => ({
      params: { file: pageOfRecipe(file) },
      content: `# ${file}\n\n[Back to the recipes](/recipes)\n\n\`\`\`${extname(file).slice(1)}\n${readFileSync(join(RECIPES, file), 'utf8').trimEnd()}\n\`\`\`\n`,
    })),
};
