/**
 * The `carto` namespace with maps, layers and their features only, in half the bytes: `carto.core.js` as a module.
 *
 * @example
 * ```js
 * import carto from 'carto-wasm/core';
 *
 * const client = new carto.Client({ apiKey: 'default_public', username: 'demo' });
 * const source = new carto.source.Dataset('cities');
 * const style = new carto.style.CartoCSS('#layer { marker-width: 7; marker-fill: #ee4d5a; }');
 * await client.addLayer(new carto.layer.Layer(source, style, { featureClickColumns: ['name'] }));
 * client.getLeafletLayer().addTo(map);
 * ```
 */
import * as all from './types/core.js';

/** The namespace; what CommonJS adds to it is not in it. */
declare namespace carto {
  export import Abortable = all.Abortable;
  export import ATTRIBUTION = all.ATTRIBUTION;
  export import CartoError = all.CartoError;
  export import Client = all.Client;
  export import ClientEvents = all.ClientEvents;
  export import ClientSettings = all.ClientSettings;
  export import EventArguments = all.EventArguments;
  export import EventMap = all.EventMap;
  export import EventName = all.EventName;
  export import EventNames = all.EventNames;
  export import Events = all.Events;
  export import events = all.events;
  export import EventsOf = all.EventsOf;
  export import EventWords = all.EventWords;
  export import FeaturesEvent = all.FeaturesEvent;
  export import RenderModeEvent = all.RenderModeEvent;
  export import layer = all.layer;
  export import LayerFeature = all.LayerFeature;
  export import LeafletLayer = all.LeafletLayer;
  export import LeafletLayerOptions = all.LeafletLayerOptions;
  export import LeafletMapTarget = all.LeafletMapTarget;
  export import Listener = all.Listener;
  export import ListenerMap = all.ListenerMap;
  export import Origin = all.Origin;
  export import OriginalError = all.OriginalError;
  export import Reason = all.Reason;
  export import source = all.source;
  export import style = all.style;
  export import version = all.version;
}

export default carto;
export * from './types/core.js';
