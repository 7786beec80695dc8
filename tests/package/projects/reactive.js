// Objects of the library as the state of frameworks, which put proxies around them or getters into them.
import * as carto from 'carto-wasm';
import { isProxy, reactive, ref, shallowRef } from 'vue';
import Vue2 from 'vue2';
import { isObservable, makeAutoObservable, observable } from 'mobx';
import { state } from './reactive.svelte.js';

const server = new URLSearchParams(location.search).get('server');
const settings = { apiKey: 'default_public', username: 'demo', serverUrl: `${server}/user/{username}` };

/** How each framework hands back what is put into it. */
const HOLDERS = {
  'Vue 3 reactive': (object) => reactive(object),
  'Vue 3 ref': (object) => ref(object).value,
  'Vue 3 shallowRef': (object) => shallowRef(object).value,
  'Vue 3 data': (object) => reactive({ nested: { object } }).nested.object,
  'Vue 2 data': (object) => new Vue2({ data: () => ({ object }) }).object,
  'MobX observable': (object) => observable({ object }).object,
  'MobX store': (object) => makeAutoObservable(new (class { object = object; })()).object,
  'Svelte 5 state': (object) => state(object),
};

/** A map, dataviews and filters, all of them used by way of a framework. */
async function use(hold) {
  const { AND, BoundingBox, Category, Circle, Polygon, Range } = carto.filter;
  const client = hold(new carto.Client(settings));
  const source = hold(new carto.source.Dataset('cities'));
  const query = hold(new carto.source.SQL('SELECT 1'));
  const style = hold(new carto.style.CartoCSS('#l { marker-width: 1; }'));
  const layer = hold(new carto.layer.Layer(source, style, { featureOverColumns: ['name'] }));
  const heard = [];
  client.on('success', () => heard.push('success'));
  await client.addLayer(layer);
  layer.hide().show();
  await layer.setSource(query);
  await style.setContent('#l { marker-width: 2; }');
  const rows = hold(new AND([hold(new Category('a', { in: ['b'] })), hold(new Range('c', { gt: 1 }))]));
  source.addFilter(rows);
  source.removeFilter(rows);
  const dataview = carto.dataview;
  const views = [new dataview.Formula(source, 'a'), new dataview.Category(source, 'a'), new dataview.Histogram(source, 'a'), new dataview.TimeSeries(source, 'a')].map(hold);
  const areas = [
    hold(new BoundingBox()).setBounds({ west: 0, south: 0, east: 1, north: 1 }),
    hold(new Circle()).setCircle({ lat: 1, lng: 1, radius: 5 }),
    hold(new Polygon()).setPolygon({ type: 'Polygon', coordinates: [] }),
  ];
  for (const view of views) {
    for (const area of areas) view.addFilter(area);
    await client.addDataview(view);
  }
  views[0].setOperation('max');
  const keys = hold(new carto.auth.ApiKeys(settings));
  let refused;
  try {
    await keys.get('');
  } catch (error) {
    refused = error.errorCode;
  }
  const told = [client.getLayers().length, client.getDataviews().length, layer.isVisible(), views[0].getOperation(), views.every((view) => view.hasFilter(areas[0])), areas[1].getCircle().radius, rows.count(), refused, heard.includes('success')];
  await client.removeDataview(views[1]);
  await client.removeLayer(layer);
  told.push(client.getLayers().length, client.getDataviews().length);
  client.dispose();
  return told;
}

async function all() {
  const told = {};
  for (const [name, hold] of Object.entries(HOLDERS)) told[name] = await use(hold).catch((error) => `${error}`);
  const object = reactive(new carto.style.CartoCSS('#l {}'));
  return { told, proxies: [isProxy(object), isObservable(observable({ object: {} }).object)] };
}

globalThis.result = all();
