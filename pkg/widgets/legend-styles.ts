/** How a legend looks. */
import { css } from 'lit';

export const LEGEND_STYLES = css`
  .rule + .rule {
    margin-block-start: 14px;
  }
  .title {
    margin-block-end: 6px;
    color: var(--_soft);
    font-size: 0.9em;
    overflow-wrap: anywhere;
  }
  .rows {
    display: grid;
    gap: 5px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .long {
    max-block-size: var(--carto-legend-height, 240px);
    overflow: auto;
    overscroll-behavior: contain;
  }
  li {
    display: flex;
    align-items: center;
    gap: 9px;
    line-height: 1.3;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  li > :last-child {
    min-inline-size: 0;
  }
  .cell {
    display: grid;
    flex: none;
    place-items: center;
    inline-size: var(--_side);
    min-block-size: 14px;
  }
  .off :is(.cell, .bar) {
    opacity: 0.35;
  }
  .note + .rule {
    margin-block-start: 6px;
  }
  i {
    display: block;
    inline-size: 14px;
    block-size: 14px;
    border-radius: 3px;
    background: currentColor;
    /* A pale colour on a pale page has an edge, too. */
    box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--_ink) 18%, transparent);
    forced-color-adjust: none;
  }
  .disc {
    border-radius: 50%;
  }
  .line {
    block-size: 4px;
    border-radius: 2px;
  }
  .plain {
    color: var(--carto-symbol, var(--_soft));
    box-shadow: none;
  }
  img {
    max-inline-size: 24px;
    max-block-size: 24px;
  }
  .bar {
    display: flex;
    block-size: 12px;
    overflow: hidden;
    border-radius: 6px;
    box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--_ink) 18%, transparent);
  }
  .bar i {
    flex: 1 0 0;
    inline-size: auto;
    block-size: auto;
    border-radius: 0;
    box-shadow: none;
  }
  .ends {
    display: flex;
    justify-content: space-between;
    gap: 12px;
    margin-block-start: 4px;
    font-variant-numeric: tabular-nums;
  }
  @media (forced-colors: active) {
    i,
    .bar {
      outline: 1px solid CanvasText;
    }
    .bar i {
      outline: none;
    }
    .plain {
      color: CanvasText;
    }
  }
`;
