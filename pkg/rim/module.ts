/** The ES module: named exports, and the namespace as the default one. */
import './bytes.js';

export {
  ATTRIBUTION,
  auth,
  carto as default,
  CartoError,
  Client,
  dataview,
  events,
  filter,
  layer,
  operation,
  source,
  style,
  version,
} from './namespace.js';
