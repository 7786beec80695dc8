import { css } from 'lit';

export const categoryStyles = css`
  .search {
    inline-size: 100%;
    block-size: 32px;
    margin-block-end: 8px;
    padding-inline: 10px;
    border: 1px solid var(--_edge);
    border-radius: 8px;
    color: inherit;
    font: inherit;
    font-size: 0.93em;
    background: transparent;
  }
  .rows {
    display: grid;
    gap: 2px;
    max-block-size: var(--carto-category-height, 360px);
    margin: 0 -6px;
    padding: 3px 0;
    overflow: hidden auto;
    list-style: none;
    scrollbar-width: thin;
  }
  .row {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 3px 12px;
    inline-size: 100%;
    padding: 3px 6px 5px;
    border: 0;
    border-radius: 6px;
    color: inherit;
    font-size: 0.93em;
    font-weight: inherit;
    text-align: start;
    background: none;
  }
  button.row:hover {
    background: var(--_wash);
  }
  button.row[aria-pressed='true'] {
    color: inherit;
    font-weight: 600;
    background: none;
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .value {
    font-variant-numeric: tabular-nums;
    font-weight: 600;
  }
  .track {
    grid-column: 1 / -1;
    block-size: 5px;
    overflow: hidden;
    border-radius: 3px;
    background: var(--_wash);
  }
  .bar {
    display: block;
    inline-size: calc(var(--share) * 100%);
    min-inline-size: 2px;
    block-size: 100%;
    border-radius: 3px;
    background: var(--carto-bar, var(--_accent));
  }
  @media (prefers-reduced-motion: no-preference) {
    .bar {
      transition: inline-size 250ms;
    }
  }
  .rows.chosen .row:not([aria-pressed='true']) .bar {
    opacity: 0.35;
  }
  .rest,
  .rest .value {
    color: var(--_soft);
    font-weight: 400;
  }
  .rest .bar {
    background: var(--_soft);
    opacity: 0.5;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
    min-block-size: 26px;
    margin-block-start: 8px;
    color: var(--_soft);
    font-size: 0.93em;
  }
  .foot .count {
    flex: 1;
  }
  .skeleton .track {
    block-size: 5px;
  }
  .skeleton .name {
    inline-size: 45%;
    block-size: 0.8em;
    margin-block: 0.3em;
    border-radius: 4px;
    background: var(--_wash);
  }
  @media (forced-colors: active) {
    .track {
      border: 1px solid CanvasText;
    }
    .bar,
    .rest .bar {
      forced-color-adjust: none;
      background: CanvasText;
    }
    .row[aria-pressed='true'] .bar {
      background: Highlight;
    }
    .row:is(button) {
      border: 1px solid transparent;
    }
    .row[aria-pressed='true'] {
      forced-color-adjust: auto;
      border-color: Highlight;
      color: ButtonText;
    }
  }
`;
