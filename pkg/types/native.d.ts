/** Where a tile is. */
export interface TileCoordinate {
  /** Tiles from the left. */
  x: number;
  /** Tiles from the top. */
  y: number;
}

/** A size, as `google.maps.Size` has it. */
export interface Size {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** The options of {@link Client.getLeafletLayer}: those of `L.TileLayer`, `leaflet` and `render`. */
export interface LeafletLayerOptions {
  /**
   * Who draws the tiles: the server (`'raster'`, the default), or the browser (`'vector'`), which needs `carto.vector.js` or
   * `carto-wasm/vector`.
   */
  render?: 'raster' | 'vector';
  /** The Leaflet that the page imported (`window.L`). Leaflet 2 needs it. */
  leaflet?: object;
  /** Who is named in the map's corner, as HTML (`carto.ATTRIBUTION`). */
  attribution?: string;
  /** Opacity of all layers, 0 to 1 (0.99). */
  opacity?: number;
  /** Where it is among the map's tile layers (1). */
  zIndex?: number;
  /** First zoom level at which it is shown (0). */
  minZoom?: number;
  /** Last zoom level at which it is shown (30). */
  maxZoom?: number;
  /** First zoom level whose tiles are loaded; below it those are made smaller. */
  minNativeZoom?: number;
  /** Last zoom level whose tiles are loaded; above it those are made larger. */
  maxNativeZoom?: number;
  /** Loads tiles of four times as many pixels for screens with small ones (`false`). */
  detectRetina?: boolean;
  /** Names of servers that take turns; those that the Maps API tells replace them. */
  subdomains?: string | string[];
  /** Whether the map stops at 180 degrees (`false`). */
  noWrap?: boolean;
  /** An `L.LatLngBounds`, outside of which no tiles are loaded. */
  bounds?: object;
  /** The map's pane that it is in (`tilePane`). */
  pane?: string;
  /** A class name for its element. */
  className?: string;
  /** Rows and columns of tiles that are kept around what is shown (2). */
  keepBuffer?: number;
  /** Loads tiles only when the map rests. */
  updateWhenIdle?: boolean;
  /** Loads tiles while the map zooms (`true`). */
  updateWhenZooming?: boolean;
  /** Milliseconds between updates while the map moves (200). */
  updateInterval?: number;
  /** What is shown in place of a tile that failed. */
  errorTileUrl?: string;
  /** The attribute of tiles of this name. */
  crossOrigin?: boolean | string;
  /** The attribute of tiles of this name. */
  referrerPolicy?: boolean | string;
}

/** A map of Leaflet, as far as it concerns its types. */
export interface LeafletMapTarget {
  /** Adds a layer to the map. */
  addLayer(layer: never): unknown;
}

/**
 * The part of a Leaflet tile layer that every page uses. With Leaflet's own types
 * `client.getLeafletLayer<L.TileLayer>()` says that it is all of one.
 *
 * @example
 * ```js
 * const shown = client.getLeafletLayer().addTo(map);
 * ```
 */
export interface LeafletLayer {
  /**
   * Puts it on a map.
   *
   * @example
   * ```js
   * client.getLeafletLayer().addTo(map);
   * ```
   */
  addTo(map: LeafletMapTarget): this;
  /**
   * Takes it off its map.
   *
   * @example
   * ```js
   * client.getLeafletLayer().remove();
   * ```
   */
  remove(): this;
  /**
   * Takes it off a map.
   *
   * @example
   * ```js
   * client.getLeafletLayer().removeFrom(map);
   * ```
   */
  removeFrom(map: LeafletMapTarget): this;
  /**
   * Loads all tiles again.
   *
   * @example
   * ```js
   * client.getLeafletLayer().redraw();
   * ```
   */
  redraw(): this;
  /**
   * Sets the opacity of all layers, 0 to 1.
   *
   * @example
   * ```js
   * client.getLeafletLayer().setOpacity(0.5);
   * ```
   */
  setOpacity(opacity: number): this;
  /**
   * Sets where it is among the map's tile layers.
   *
   * @example
   * ```js
   * client.getLeafletLayer().setZIndex(10);
   * ```
   */
  setZIndex(zIndex: number): this;
  /**
   * Brings it before the map's other tile layers.
   *
   * @example
   * ```js
   * client.getLeafletLayer().bringToFront();
   * ```
   */
  bringToFront(): this;
  /**
   * Brings it behind the map's other tile layers.
   *
   * @example
   * ```js
   * client.getLeafletLayer().bringToBack();
   * ```
   */
  bringToBack(): this;
  /**
   * Its element; null while it is on no map.
   *
   * @example
   * ```js
   * client.getLeafletLayer().getContainer()?.classList.add('ours');
   * ```
   */
  getContainer(): HTMLElement | null;
  /**
   * Listens to an event of Leaflet: `loading`, `load`, `tileload`, `tileerror`, …
   *
   * @example
   * ```js
   * client.getLeafletLayer().on('load', () => console.log('all tiles are there'));
   * ```
   */
  on(name: string, listener: (event: object) => void): this;
  /**
   * Removes a listener, or all of an event.
   *
   * @example
   * ```js
   * client.getLeafletLayer().off('load');
   * ```
   */
  off(name: string, listener?: (event: object) => void): this;
}

/** A `google.maps.MapType`. */
export interface GoogleMapType {
  /** The size of a tile, a `google.maps.Size`: 256 by 256 pixels. */
  readonly tileSize: Size;
  /**
   * Makes the element of a tile; Google Maps calls it.
   *
   * @example
   * ```js
   * const tile = client.getGoogleMapsMapType(googleMap).getTile({ x: 0, y: 0 }, 0, document);
   * ```
   */
  getTile(coordinate: TileCoordinate, zoom: number, ownerDocument?: Document): HTMLElement;
}
