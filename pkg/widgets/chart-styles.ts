import { css } from 'lit';

export const chartStyles = css`
  .chart {
    --_gutter: 38px;
    position: relative;
    padding-block-start: 10px;
  }
  .plot {
    position: relative;
    margin-inline-end: var(--_gutter);
    block-size: var(--carto-chart-height, 112px);
    border-block-end: 1px solid var(--_edge);
  }
  .line {
    position: absolute;
    inset-inline: 0;
    inset-block-end: calc(var(--at) * 100%);
    border-block-start: 1px solid var(--_rule);
    pointer-events: none;
  }
  .line span {
    position: absolute;
    inset-block-start: -0.6em;
    inset-inline-start: calc(100% + 6px);
    color: var(--_soft);
    font-size: 11px;
    line-height: 1.2;
    white-space: nowrap;
  }
  .bars {
    position: absolute;
    inset: 0;
    display: flex;
    align-items: flex-end;
    gap: var(--gap);
  }
  .bars span {
    flex: 1 1 0;
    min-inline-size: 0;
    block-size: calc(var(--share) * 100%);
    min-block-size: 2px;
    border-start-start-radius: 2px;
    border-start-end-radius: 2px;
    background: var(--carto-bar, var(--_accent));
  }
  .bars .none {
    min-block-size: 0;
  }
  .bars .out {
    opacity: 0.32;
  }
  .bars .over {
    filter: brightness(1.15) saturate(1.2);
  }
  @media (prefers-reduced-motion: no-preference) {
    .bars span {
      transition: block-size 200ms;
    }
  }
  .brush {
    position: absolute;
    inset: -10px 0 0;
    cursor: crosshair;
    touch-action: pan-y;
  }
  .window {
    position: absolute;
    inset-block: 10px 0;
    inset-inline-start: calc(var(--from) * 100%);
    inline-size: calc(var(--size) * 100%);
    border-radius: 2px;
    background: color-mix(in srgb, var(--_accent) 12%, transparent);
    cursor: grab;
  }
  .window[hidden] {
    display: none;
  }
  .handle {
    position: absolute;
    inset-block: 6px -4px;
    inset-inline-start: calc(var(--at) * 100% - 8px);
    inline-size: 16px;
    border-radius: 6px;
    cursor: ew-resize;
    touch-action: none;
  }
  .handle::before {
    content: '';
    position: absolute;
    inset-block: 4px;
    inset-inline-start: 7px;
    inline-size: 2px;
    background: var(--_ink);
    opacity: 0;
  }
  .handle::after {
    content: '';
    position: absolute;
    inset-block-start: calc(50% - 11px);
    inset-inline-start: 3px;
    inline-size: 10px;
    block-size: 22px;
    border: 1.5px solid var(--_ink);
    border-radius: 5px;
    background: var(--_paper);
    opacity: 0;
  }
  .brush.set .handle::before,
  .brush.set .handle::after,
  .handle:focus-visible::before,
  .handle:focus-visible::after {
    opacity: 1;
  }
  .handle:focus-visible {
    outline-offset: 0;
  }
  .axis {
    position: relative;
    margin-inline-end: var(--_gutter);
    block-size: 20px;
    color: var(--_soft);
    font-size: 11.5px;
    font-variant-numeric: tabular-nums;
  }
  .axis span {
    position: absolute;
    inset-block-start: 0;
    inset-inline-start: calc(var(--at) * 100%);
    inline-size: 120px;
    margin-inline-start: -60px;
    padding-block-start: 5px;
    text-align: center;
    pointer-events: none;
  }
  .axis span::before {
    content: '';
    position: absolute;
    inset-block-start: 0;
    inset-inline-start: 50%;
    block-size: 4px;
    border-inline-start: 1px solid var(--_edge);
  }
  .foot {
    display: flex;
    align-items: center;
    gap: 6px;
    min-block-size: 28px;
    margin-block-start: 8px;
  }
  .foot button {
    justify-content: center;
    inline-size: 30px;
    block-size: 28px;
    padding: 0;
  }
  .caption {
    flex: 1 1 0;
    min-inline-size: 0;
    color: var(--_soft);
    font-size: 0.9em;
    overflow-wrap: anywhere;
  }
  .caption b {
    color: var(--_ink);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .skeleton .plot {
    border-color: var(--_rule);
    background: linear-gradient(to top, var(--_wash) 40%, transparent 40%);
  }
  @media (forced-colors: active) {
    .bars span {
      forced-color-adjust: none;
      background: CanvasText;
    }
    .bars span:not(.out) {
      background: Highlight;
    }
    .bars .out {
      opacity: 1;
    }
    .handle::after {
      forced-color-adjust: none;
      border-color: CanvasText;
      background: Canvas;
    }
  }
`;
