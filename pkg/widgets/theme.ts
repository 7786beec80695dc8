import { css } from 'lit';

/** What is other where the widget, or the system, is dark. */
const DARK = css`
  --_ink: var(--carto-ink, #e6edef);
  --_soft: var(--carto-soft, #a3b3b9);
  --_paper: var(--carto-paper, #17242a);
  --_wash: var(--carto-wash, #24343b);
  --_rule: var(--carto-rule, #33454c);
  --_edge: var(--carto-edge, #7f9198);
  --_accent: var(--carto-accent, #57c4c4);
  --_on-accent: var(--carto-on-accent, #06282b);
  --_bad: var(--carto-bad, #ff9d8c);
  color-scheme: dark;
`;

/** Colours, measures and the frame of all widgets. Each `--carto-…` is the page's to set. */
export const theme = css`
  :host {
    --_ink: var(--carto-ink, #16272e);
    --_soft: var(--carto-soft, #55666d);
    --_paper: var(--carto-paper, #fff);
    --_wash: var(--carto-wash, #eef1f2);
    --_rule: var(--carto-rule, #dbe1e3);
    --_edge: var(--carto-edge, #7c8c92);
    --_accent: var(--carto-accent, #0b6e75);
    --_on-accent: var(--carto-on-accent, #fff);
    --_bad: var(--carto-bad, #a32a1c);
    --_gap: var(--carto-gap, 16px);
    box-sizing: border-box;
    display: block;
    color: var(--_ink);
    color-scheme: light;
    background: var(--_paper);
    border-radius: var(--carto-radius, 10px);
    font: var(--carto-font, 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif);
    text-align: start;
  }
  :host([theme='dark']) {
    ${DARK}
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      ${DARK}
    }
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  .widget {
    position: relative;
    padding: var(--_gap);
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 4px 12px;
    min-block-size: 26px;
    margin-block-end: 8px;
  }
  .head[hidden] {
    display: none;
  }
  .heading {
    min-inline-size: 0;
    font-size: 0.95em;
    font-weight: 650;
    letter-spacing: -0.005em;
    overflow-wrap: anywhere;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    margin-inline-start: auto;
  }
  button {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    min-block-size: 26px;
    padding: 0 9px;
    border: 1px solid transparent;
    border-radius: 7px;
    color: var(--_accent);
    font: inherit;
    font-size: 0.86em;
    font-weight: 600;
    background: var(--_wash);
    cursor: pointer;
  }
  button:hover {
    border-color: currentColor;
  }
  button[aria-pressed='true'] {
    color: var(--_on-accent);
    background: var(--_accent);
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  .icon {
    flex: none;
    inline-size: 14px;
    block-size: 14px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.8;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .note {
    margin: 0;
    color: var(--_soft);
    font-size: 0.9em;
    overflow-wrap: anywhere;
  }
  .note:empty {
    display: none;
  }
  .error {
    padding: 9px 12px;
    border-inline-start: 3px solid var(--_bad);
    border-radius: 4px;
    color: var(--_ink);
    background: color-mix(in srgb, var(--_bad) 10%, transparent);
  }
  .error strong {
    display: block;
    font-weight: 600;
  }
  .error span {
    color: var(--_bad);
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  /* A hairline runs along the top while data is read, after a moment: most answers are there before it would be seen. */
  .wait {
    position: absolute;
    inset: 0 0 auto;
    block-size: 2px;
    overflow: hidden;
    border-radius: 2px;
    opacity: 0;
  }
  :host([state='loading']) .wait {
    opacity: 1;
    transition: opacity 150ms 300ms;
  }
  .wait::before {
    content: '';
    display: block;
    inline-size: 35%;
    block-size: 100%;
    background: var(--_accent);
  }
  @keyframes run {
    from {
      transform: translateX(-100%);
    }
    to {
      transform: translateX(300%);
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    :host([state='loading']) .wait::before {
      animation: run 1.2s ease-in-out infinite;
    }
  }
  @media (forced-colors: active) {
    :host {
      border: 1px solid CanvasText;
    }
    .wait::before {
      background: Highlight;
    }
    button {
      border-color: ButtonText;
    }
    button[aria-pressed='true'] {
      forced-color-adjust: none;
      color: HighlightText;
      background: Highlight;
      border-color: Highlight;
    }
  }
`;
