/** What map libraries of today add to clients, and what any other needs. */
import { type Client, extendClients, nativeOf } from './client.js';
import { at, me } from './held.js';
import { CLIENT } from './kind.js';
import { connect, type MapAdapter, type MapConnection } from './map-connection.js';
import { type MapLibreLayer, mapLibreLayer, type MapLibreOptions } from './maplibre.js';
import type { Vector } from './vector.js';
import { type OlLayer, openLayersLayer, type OpenLayersOptions } from './openlayers.js';

/** Joins a client and a map library for as long as both want. */
function join(client: Client, adapter: MapAdapter, vector?: Vector): MapConnection {
  const natives = nativeOf(client);
  const [native, connection] = connect(client, natives.lost, adapter, () => natives.remove(native), vector);
  natives.add(native);
  at(client, CLIENT).__greet();
  return connection;
}

/** The layer of a map library that shows a client: always the same one. */
function layerOf<Shown, Options>(self: Client, library: 'maplibre' | 'openlayers', make: (connect: (adapter: MapAdapter) => MapConnection, options?: Options, vector?: Vector) => Shown, options?: Options): Shown {
  const client = me(self, CLIENT);
  const natives = nativeOf(client) as Omit<ReturnType<typeof nativeOf>, 'maplibre' | 'openlayers'> & Record<typeof library, Shown | undefined>;
  return (natives[library] ??= make((adapter) => join(client, adapter, natives.vector), options, natives.draw(client, options)));
}

extendClients({
  connectMap(this: Client, adapter: MapAdapter): MapConnection {
    return join(me(this, CLIENT), adapter);
  },

  getMapLibreLayer(this: Client, options?: MapLibreOptions): MapLibreLayer {
    return layerOf(this, 'maplibre', mapLibreLayer, options);
  },

  getOpenLayersLayer(this: Client, options?: OpenLayersOptions): OlLayer {
    return layerOf(this, 'openlayers', openLayersLayer, options);
  },
});
