/**
 * The `carto` namespace of CARTO.js v4, compiled from Rust to WebAssembly.
 *
 * @example
 * ```js
 * import carto from 'carto-wasm';
 *
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * const source = new carto.source.Dataset('cities');
 * const style = new carto.style.CartoCSS('#layer { marker-width: 7; marker-fill: #ee4d5a; }');
 * await client.addLayer(new carto.layer.Layer(source, style, { featureClickColumns: ['name'] }));
 * client.getLeafletLayer().addTo(map);
 * ```
 */
import * as all from './types/namespace.js';

/** The namespace; what CommonJS adds to it is not in it. */
declare namespace carto {
  export import Abortable = all.Abortable;
  export import Api = all.Api;
  export import ATTRIBUTION = all.ATTRIBUTION;
  export import auth = all.auth;
  export import CartoError = all.CartoError;
  export import CheckedKey = all.CheckedKey;
  export import CheckOptions = all.CheckOptions;
  export import Client = all.Client;
  export import ClientEvents = all.ClientEvents;
  export import ClientSettings = all.ClientSettings;
  export import dataview = all.dataview;
  export import EventArguments = all.EventArguments;
  export import EventMap = all.EventMap;
  export import EventName = all.EventName;
  export import EventNames = all.EventNames;
  export import Events = all.Events;
  export import events = all.events;
  export import EventsOf = all.EventsOf;
  export import EventWords = all.EventWords;
  export import Feature = all.Feature;
  export import FeatureCollection = all.FeatureCollection;
  export import FeaturesEvent = all.FeaturesEvent;
  export import RenderModeEvent = all.RenderModeEvent;
  export import filter = all.filter;
  export import FormatOptions = all.FormatOptions;
  export import Geometry = all.Geometry;
  export import GeoPosition = all.GeoPosition;
  export import GoogleMapType = all.GoogleMapType;
  export import KeyCheck = all.KeyCheck;
  export import KeyProblem = all.KeyProblem;
  export import layer = all.layer;
  export import LayerFeature = all.LayerFeature;
  export import LeafletLayer = all.LeafletLayer;
  export import LeafletLayerOptions = all.LeafletLayerOptions;
  export import LeafletMapTarget = all.LeafletMapTarget;
  export import Listener = all.Listener;
  export import ListenerMap = all.ListenerMap;
  export import MapAdapter = all.MapAdapter;
  export import MapConnection = all.MapConnection;
  export import MapLibreLayer = all.MapLibreLayer;
  export import MapLibreLayerOptions = all.MapLibreLayerOptions;
  export import MapLibreMap = all.MapLibreMap;
  export import MapPosition = all.MapPosition;
  export import MapTile = all.MapTile;
  export import OpenLayersLayer = all.OpenLayersLayer;
  export import OpenLayersLayerOptions = all.OpenLayersLayerOptions;
  export import OpenLayersMap = all.OpenLayersMap;
  export import operation = all.operation;
  export import Origin = all.Origin;
  export import OriginalError = all.OriginalError;
  export import Reason = all.Reason;
  export import Size = all.Size;
  export import source = all.source;
  export import SqlField = all.SqlField;
  export import SqlFormat = all.SqlFormat;
  export import SqlOptions = all.SqlOptions;
  export import SqlParam = all.SqlParam;
  export import SqlResult = all.SqlResult;
  export import style = all.style;
  export import TileCoordinate = all.TileCoordinate;
  export import version = all.version;
}

export default carto;
export * from './types/namespace.js';
export as namespace carto;
