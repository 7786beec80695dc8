// The installed package in an application of Next.js: imported on the server, drawn with in the browser.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { program, Project } from './installed.mjs';
import { DRAW, DRAWN, Opener } from './opener.mjs';
import { installTools, TOOLS } from './projects.mjs';

const LAYOUT = `export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }`;
// A component of the server: what it says is in the page before any script runs.
const PAGE = `
  import carto from 'carto-wasm';
  import { Map } from './map.jsx';
  export default function Page() {
    const source = new carto.source.SQL('SELECT 1');
    return <main><p id="server">{carto.version} {source.getQuery()} {typeof window}</p><Map /></main>;
  }`;
const CLIENT = `
  'use client';
  import { useEffect } from 'react';
  import carto from 'carto-wasm';
  export function Map() {
    useEffect(() => {${DRAW}
    }, []);
    return <div />;
  }`;

describe('an application of Next.js', { timeout: 600_000 }, () => {
  let opener, project;

  before(async () => {
    await installTools();
    // It looks for its own parts in the directories above.
    project = await Project.create({}, TOOLS);
    opener = await Opener.create();
  });
  after(async () => {
    await opener?.remove();
    await project?.remove();
  });

  test('imports the package on the server and in a component of the browser', async () => {
    await mkdir(project.path('app'));
    await project.write('next.config.mjs', `export default { output: 'export', turbopack: { root: ${JSON.stringify(TOOLS)} } };`);
    await project.write('app/layout.jsx', LAYOUT);
    await project.write('app/page.jsx', PAGE.trim());
    await project.write('app/map.jsx', CLIENT.trim());
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1', NODE_ENV: 'production' };
    const { code, stdout, stderr } = await program(join(TOOLS, 'node_modules/.bin/next'), ['build'], { cwd: project.directory, env, timeout: 240_000 });
    assert.equal(code, 0, stdout + stderr);
    const html = await readFile(project.path('out/index.html'), 'utf8');
    const { version } = JSON.parse(await readFile(project.path('node_modules/carto-wasm/package.json'), 'utf8'));
    assert.match(html.replaceAll('<!-- -->', ''), new RegExp(`<p id="server">${version} SELECT 1 undefined</p>`));
    opener.directory = project.path('out');
    assert.deepEqual(await opener.opened(), DRAWN);
  });
});
