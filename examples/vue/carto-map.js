// A map of CARTO layers as a Vue component, on Leaflet.
import { defineComponent, h, onBeforeUnmount, onMounted, ref } from 'vue';
import carto from 'carto-wasm';
import L from 'leaflet';

/**
 * Shows a dataset.
 *
 * `settings` are those of `carto.Client`, `dataset` is a table's name, `cartocss` its style, `center` latitude and longitude in
 * degrees. It emits `error` with the `CartoError`, whose `hint` says what to do, and `ready` with the client.
 */
export const CartoMap = defineComponent({
  props: { settings: Object, dataset: String, cartocss: String, center: { type: Array, default: () => [30, 0] }, zoom: { type: Number, default: 2 } },
  emits: ['ready', 'error'],
  setup(props, { emit }) {
    const element = ref(null);
    // Not reactive: a proxy of an object with private members is of no use.
    let map, client;

    onMounted(() => {
      map = L.map(element.value).setView(props.center, props.zoom);
      client = new carto.Client(props.settings);
      const layer = new carto.layer.Layer(new carto.source.Dataset(props.dataset), new carto.style.CartoCSS(props.cartocss));
      client.getLeafletLayer({ leaflet: L }).addTo(map);
      client.addLayer(layer).then(() => emit('ready', client), (error) => emit('error', error));
    });

    onBeforeUnmount(() => {
      // Ends requests and listeners; the map goes last, because its layers listen to it.
      client.dispose();
      map.remove();
    });

    return () => h('div', { ref: element, class: 'carto-map' });
  },
});
