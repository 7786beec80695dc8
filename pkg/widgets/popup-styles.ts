/** How a popup looks. */
import { css } from 'lit';

export const POPUP_STYLES = css`
  :host {
    display: contents;
  }
  .box {
    --_edge: color-mix(in srgb, var(--_ink) 14%, transparent);
    position: fixed;
    z-index: 1000;
    inset: auto;
    display: flex;
    flex-direction: column;
    inline-size: max-content;
    min-inline-size: min(120px, var(--_most-width, 100vw));
    max-inline-size: min(var(--carto-popup-width, 320px), var(--_most-width, 100vw));
    max-block-size: min(var(--carto-popup-height, 340px), var(--_most-height, 100vh));
    margin: 0;
    padding: 0;
    overflow: visible;
    border: 1px solid var(--_edge);
    border-radius: var(--carto-radius, 10px);
    color: var(--_ink);
    font: var(--carto-font, 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif);
    text-align: start;
    background: var(--_paper);
    box-shadow: 0 4px 18px rgb(0 0 0 / 22%);
    cursor: auto;
  }
  .box:focus {
    outline: none;
  }
  .box[data-gone] {
    visibility: hidden;
  }
  .box[data-hover] {
    pointer-events: none;
  }
  .box::after {
    content: '';
    position: absolute;
    inset-block-end: -6px;
    left: var(--_tip);
    inline-size: 10px;
    block-size: 10px;
    margin-left: -5px;
    border: solid var(--_edge);
    border-width: 0 1px 1px 0;
    background: inherit;
    transform: rotate(45deg);
  }
  .box[data-below]::after {
    inset-block: -6px auto;
    border-width: 1px 0 0 1px;
  }
  .box[data-hover]::after {
    content: none;
  }
  .head {
    flex: none;
    flex-wrap: nowrap;
    align-items: start;
    margin: 0;
    padding-block: 7px 0;
    padding-inline: 13px 7px;
  }
  .box[data-hover] .head {
    padding-inline-end: 13px;
  }
  strong {
    flex: 1;
    min-inline-size: 0;
    padding-block: 3px;
    font-weight: 650;
    line-height: 1.35;
    overflow-wrap: anywhere;
  }
  .pager {
    display: flex;
    flex: none;
    align-items: center;
    gap: 4px;
  }
  [part='count'] {
    padding-block: 4px;
    color: var(--_soft);
    font-size: 0.86em;
    line-height: 1.35;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  button {
    justify-content: center;
    min-inline-size: 26px;
    padding: 0;
  }
  [part='close'] {
    color: var(--_soft);
    background: none;
  }
  .body {
    min-block-size: 0;
    padding: 4px 13px 11px;
    overflow: auto;
    overscroll-behavior: contain;
    overflow-wrap: anywhere;
  }
  .box[data-hover] .body:first-child {
    padding-block-start: 9px;
  }
  dl {
    display: grid;
    gap: 3px;
    margin: 0;
  }
  dl > div {
    display: flex;
    justify-content: space-between;
    gap: 14px;
  }
  dt {
    flex: none;
    max-inline-size: 50%;
    color: var(--_soft);
  }
  dd {
    min-inline-size: 0;
    margin: 0;
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  @media (forced-colors: active) {
    .box {
      border-color: CanvasText;
    }
    .box::after {
      content: none;
    }
  }
`;
