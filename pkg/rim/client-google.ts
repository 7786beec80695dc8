/** What Google Maps adds to clients. */
import { type Client, extendClients, nativeOf } from './client.js';
import { type GoogleMap, googleMaps, GoogleNative, type MapType } from './google.js';
import { at, me } from './held.js';
import { CLIENT } from './kind.js';

extendClients({
  getGoogleMapsMapType(this: Client, map: GoogleMap): MapType {
    const client = me(this, CLIENT);
    const native = nativeOf(client);
    if (native.google) {
      googleMaps();
      return native.google.__type;
    }
    const made = native.add((native.google = new GoogleNative(client, native.lost, map)));
    at(client, CLIENT).__greet();
    return made.__type;
  },
});
