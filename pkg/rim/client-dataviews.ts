/** What dataviews add to clients. */
import type { Abortable } from './abort.js';
import { type Client, dataviewsOf, extendClients, now, refreshing } from './client.js';
import type { Dataview } from './dataview.js';
import { follow, letGoUnlessUsed } from './filter.js';
import { at, call, keep, kept, me, release } from './held.js';
import { BOX_OF_MAP, CLIENT, DATAVIEW } from './kind.js';
import { refill } from './list.js';

/** Lets a dataview and its source keep the client alive; or ends that. */
function keepBoth(how: typeof keep, dataview: Dataview, client: Client): void {
  how(dataview, client);
  how(at(dataview, DATAVIEW).getSource(), client);
}

/** Does something with each bounding box of a map that a dataview uses. */
function eachBox(dataview: Dataview, how: (box: unknown) => void): void {
  const boxes = kept(dataview, BOX_OF_MAP);
  for (let at = 0; at < boxes.length; at++) how(boxes[at]);
}

const methods = {
  addDataview(this: Client, dataview: Dataview, options?: Abortable): Promise<void> {
    me(this, CLIENT);
    return call(this, 'addDataviews', [dataview], options);
  },

  addDataviews(this: Client, dataviews: Dataview[], options?: Abortable): Promise<void> {
    const client = me(this, CLIENT);
    return refreshing(client, options, () => {
      const list = now(dataviews);
      const done = at(client, CLIENT).addDataviews(list);
      for (let index = 0; index < list.length; index++) {
        keepBoth(keep, list[index]!, client);
        eachBox(list[index]!, follow);
      }
      return done;
    });
  },

  removeDataview(this: Client, dataview: Dataview, options?: Abortable): Promise<void> {
    const client = me(this, CLIENT);
    return refreshing(client, options, () => at(client, CLIENT).removeDataview(dataview));
  },

  getDataviews(this: Client): Dataview[] {
    return dataviewsOf(me(this, CLIENT));
  },
};

extendClients(methods, {
  refresh(client) {
    refill(dataviewsOf(client), at(client, CLIENT).__dataviews());
  },
  dispose(client) {
    const dataviews = dataviewsOf(client);
    for (let index = 0; index < dataviews.length; index++) {
      keepBoth(release, dataviews[index]!, client);
      eachBox(dataviews[index]!, letGoUnlessUsed);
    }
  },
});
