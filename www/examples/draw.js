// Drawing by clicks, as far as the examples need it; not a part of the library.

const LOOK = { color: '#2f6f9f', weight: 2, fillOpacity: 0.1 };

/** Calls back with the place of each click, in degrees, on a map of Leaflet or Google. */
export function onClick(map, clicked) {
  if (map.overlayMapTypes) {
    map.addListener('click', ({ latLng }) => clicked({ lat: latLng.lat(), lng: latLng.lng() }));
  } else {
    map.on('click', ({ latlng }) => clicked({ lat: latlng.lat, lng: latlng.lng }));
  }
}

/** A circle: the first click is its middle, the second its rim. The radius is in metres. */
export function drawCircle(map, drawn) {
  const shapes = L.layerGroup().addTo(map);
  let middle = null;
  onClick(map, ({ lat, lng }) => {
    if (!middle) {
      middle = { lat, lng };
      shapes.clearLayers().addLayer(L.circleMarker(middle, { ...LOOK, radius: 3 }));
      return;
    }
    const radius = map.distance(middle, { lat, lng });
    shapes.addLayer(L.circle(middle, { ...LOOK, radius }));
    drawn({ ...middle, radius });
    middle = null;
  });
}

/** A polygon: each click is a corner. From the third one on, the closed ring of [longitude, latitude] is told. */
export function drawPolygon(map, drawn) {
  const shape = L.polygon([], LOOK).addTo(map);
  onClick(map, ({ lat, lng }) => {
    shape.addLatLng([lat, lng]);
    const ring = shape.getLatLngs()[0].map((corner) => [corner.lng, corner.lat]);
    if (ring.length >= 3) drawn([...ring, ring[0]]);
  });
  return { clear: () => shape.setLatLngs([]) };
}

/** A box: two clicks are two of its corners. */
export function drawBox(map, drawn) {
  const shapes = L.layerGroup().addTo(map);
  let first = null;
  onClick(map, (corner) => {
    if (!first) {
      first = corner;
      shapes.clearLayers().addLayer(L.circleMarker(corner, { ...LOOK, radius: 3 }));
      return;
    }
    const bounds = L.latLngBounds([first, corner]);
    first = null;
    shapes.addLayer(L.rectangle(bounds, LOOK));
    drawn({ west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth() });
  });
  return { clear: () => shapes.clearLayers() };
}
