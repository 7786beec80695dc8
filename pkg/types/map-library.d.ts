/** A map of MapLibre GL JS or Mapbox GL JS, as far as it is used here. */
export interface MapLibreMap {
  /** What the map shows, in degrees: all of it when it is turned or tilted. */
  getBounds(): unknown;
  /** The canvas, whose cursor becomes a hand. */
  getCanvas(): HTMLElement;
  /** Adds the tiles. */
  addSource(id: string, source: never): unknown;
  /** Adds the layer that shows them. */
  addLayer(layer: never, before?: string): unknown;
}

/** The options of {@link Client.getMapLibreLayer}. */
export interface MapLibreLayerOptions {
  /** Who draws the tiles: the server (`'raster'`, the default), or the browser (`'vector'`). See {@link LeafletLayerOptions}. */
  render?: 'raster' | 'vector';
  /** MapLibre GL JS as the page imported it, where there is no `window.maplibregl`; only `render: 'vector'` needs it. */
  maplibre?: object;
  /** The id of the source and of the layer in the map's style (`carto-1`, `carto-2`, …). */
  id?: string;
  /** The id of the layer of the style that it is under; on top without. */
  before?: string;
  /** Opacity of all layers, 0 to 1 (1). */
  opacity?: number;
  /** First zoom level at which it is shown, as MapLibre counts: one less than elsewhere. */
  minzoom?: number;
  /** Last zoom level at which it is shown, as MapLibre counts. */
  maxzoom?: number;
  /** Who is named in the map's corner, as HTML (`carto.ATTRIBUTION`). */
  attribution?: string;
}

/**
 * What shows a client on a map of MapLibre GL JS.
 *
 * @example
 * ```js
 * const shown = client.getMapLibreLayer().addTo(map);
 * ```
 */
export interface MapLibreLayer {
  /** The id of the source and of the layer in the map's style. */
  readonly id: string;
  /**
   * Puts it on a map, and takes it off another one. It waits for the map's style, and comes back after `map.setStyle`.
   *
   * @example
   * ```js
   * client.getMapLibreLayer({ before: 'labels' }).addTo(map);
   * ```
   */
  addTo(map: MapLibreMap): this;
  /**
   * Takes it off its map.
   *
   * @example
   * ```js
   * client.getMapLibreLayer().remove();
   * ```
   */
  remove(): this;
}

/** An `ol/Map`, as far as it is used here. */
export interface OpenLayersMap {
  /** The view, in Web Mercator. */
  getView(): unknown;
  /** The element of the map. */
  getViewport(): HTMLElement;
}

/** The options of {@link Client.getOpenLayersLayer}: those of `ol/layer/Tile`, and the two classes. */
export interface OpenLayersLayerOptions {
  /** Who draws the tiles: the server (`'raster'`, the default), or the browser (`'vector'`). See {@link LeafletLayerOptions}. */
  render?: 'raster' | 'vector';
  /** The class of `ol/layer/Tile` that the page imported (`ol.layer.Tile`). */
  TileLayer?: unknown;
  /** The class of `ol/source/XYZ` that the page imported (`ol.source.XYZ`). */
  XYZ?: unknown;
  /** Who is named in the map's corner, as HTML (`carto.ATTRIBUTION`). */
  attribution?: string;
  /** Opacity of all layers, 0 to 1 (1). */
  opacity?: number;
  /** Where it is among the map's layers. */
  zIndex?: number;
  /** What else `ol/layer/Tile` takes. */
  [option: string]: unknown;
}

/**
 * The part of an `ol/layer/Tile` that every page uses. With OpenLayers' own types
 * `client.getOpenLayersLayer<TileLayer>(…)` says that it is all of one.
 *
 * @example
 * ```js
 * olMap.addLayer(client.getOpenLayersLayer());
 * ```
 */
export interface OpenLayersLayer {
  /**
   * Sets the opacity of all layers, 0 to 1.
   *
   * @example
   * ```js
   * client.getOpenLayersLayer().setOpacity(0.5);
   * ```
   */
  setOpacity(opacity: number): void;
  /**
   * Sets where it is among the map's layers.
   *
   * @example
   * ```js
   * client.getOpenLayersLayer().setZIndex(10);
   * ```
   */
  setZIndex(zIndex: number): void;
  /**
   * Shows or hides it.
   *
   * @example
   * ```js
   * client.getOpenLayersLayer().setVisible(false);
   * ```
   */
  setVisible(visible: boolean): void;
}

/** Where the pointer is on a map. */
export interface MapPosition {
  /** Latitude in degrees. */
  lat: number;
  /** Longitude in degrees, not wrapped. */
  lng: number;
  /** Pixels from the left edge of the map. */
  x: number;
  /** Pixels from its top edge. */
  y: number;
  /** The zoom level of the tiles that are shown there: a whole number, 0 for the world in one tile of 256 pixels. */
  zoom: number;
}

/** A tile that a map library could not load, or did. */
export interface MapTile {
  /** Where it is loaded from. */
  readonly address: string;
  /**
   * Whether it is still on the map: others are not asked for again.
   *
   * @example
   * ```js
   * if (tile.isShown()) tile.reload();
   * ```
   */
  isShown(): boolean;
  /**
   * Loads it again; called when the server, or the network, is back.
   *
   * @example
   * ```js
   * tile.reload();
   * ```
   */
  reload(): void;
}

/**
 * What a map library does for a client.
 *
 * @example
 * ```js
 * client.connectMap({ showTiles: (addresses) => console.log(addresses) });
 * ```
 */
export interface MapAdapter {
  /**
   * Shows other tiles than before: at first, and whenever the map is another one. The addresses have `{z}`, `{x}` and `{y}`
   * in them, and give images of 256 pixels, or of 512 with `@2x` behind `{y}`; of several any may be taken, by turns. Without
   * any there is nothing to show.
   *
   * @example
   * ```js
   * client.connectMap({ showTiles: (addresses) => console.log(addresses) });
   * ```
   */
  showTiles(addresses: string[]): void;
  /**
   * Shows a hand while the pointer is over a feature.
   *
   * @example
   * ```js
   * client.connectMap({ showTiles: () => {}, showCursor: (cursor) => { element.style.cursor = cursor; } });
   * ```
   */
  showCursor?(cursor: 'pointer' | 'auto'): void;
  /**
   * Takes the tiles off the map: the client was disposed.
   *
   * @example
   * ```js
   * client.connectMap({ showTiles: () => {}, remove: () => element.remove() });
   * ```
   */
  remove?(): void;
}

/**
 * What a map library tells a client.
 *
 * @example
 * ```js
 * const connection = client.connectMap({ showTiles: () => {} });
 * connection.clicked({ lat: 48.86, lng: 2.35, x: 400, y: 300, zoom: 5 });
 * ```
 */
export interface MapConnection {
  /**
   * The pointer moved over the map.
   *
   * @example
   * ```js
   * connection.pointerMoved(position);
   * ```
   */
  pointerMoved(position: MapPosition): void;
  /**
   * The map was clicked or tapped.
   *
   * @example
   * ```js
   * connection.clicked(position);
   * ```
   */
  clicked(position: MapPosition): void;
  /**
   * The pointer left the map.
   *
   * @example
   * ```js
   * connection.pointerLeft();
   * ```
   */
  pointerLeft(): void;
  /**
   * A tile could not be loaded.
   *
   * @example
   * ```js
   * connection.tileFailed(tile);
   * ```
   */
  tileFailed(tile: MapTile): void;
  /**
   * A tile that had failed is there.
   *
   * @example
   * ```js
   * connection.tileLoaded(tile);
   * ```
   */
  tileLoaded(tile: MapTile): void;
  /**
   * Ends it: the adapter hears of nothing any more.
   *
   * @example
   * ```js
   * connection.disconnect();
   * ```
   */
  disconnect(): void;
}
