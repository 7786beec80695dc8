/** Where a popup lies: above its position, or below where there is more room, and inside the map that is seen. */
import type { Position } from '../types/layer.js';

export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Place extends Position {
  isBelow: boolean;
  /** Where the tip is, in pixels from the left of the popup. */
  tip: number;
}

/** Between a popup and the edge of its map, in pixels. */
export const MARGIN = 8;
/** Between the corner of a popup and its tip. */
const CORNER = 14;

const between = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));

/** The place of a popup of a size, `gap` pixels from what it points to; undefined when that is out of sight. */
export function placeFor(anchor: Position, width: number, height: number, area: Area, gap: number): Place | undefined {
  const isSeen = anchor.x >= area.left && anchor.x <= area.right && anchor.y >= area.top && anchor.y <= area.bottom;
  if (!isSeen) return undefined;
  const isBelow = anchor.y - gap - height < area.top + MARGIN && area.bottom - anchor.y > anchor.y - area.top;
  const wanted = isBelow ? anchor.y + gap : anchor.y - gap - height;
  const x = between(anchor.x - width / 2, area.left + MARGIN, Math.max(area.left + MARGIN, area.right - width - MARGIN));
  const y = between(wanted, area.top + MARGIN, Math.max(area.top + MARGIN, area.bottom - height - MARGIN));
  return { x, y, isBelow, tip: between(anchor.x - x, CORNER, Math.max(CORNER, width - CORNER)) };
}

/** The part of an element that the window shows, inside its border. */
export function seenArea(element: HTMLElement): Area {
  const { left, top } = element.getBoundingClientRect();
  const [x, y] = [left + element.clientLeft, top + element.clientTop];
  return {
    left: Math.max(0, x),
    top: Math.max(0, y),
    right: Math.min(document.documentElement.clientWidth, x + element.clientWidth),
    bottom: Math.min(innerHeight, y + element.clientHeight),
  };
}
