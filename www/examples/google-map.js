/* global google */
// Loads Google Maps with the key of ?googleKey=, and makes a map. Without a key the page says where to go instead.

/** A map in `#map`; never there when Google Maps is not. */
export async function googleMap(options) {
  if (!window.google) {
    const key = new URLSearchParams(location.search).get('googleKey');
    if (!key) return missing();
    const script = document.createElement('script');
    script.src = `https://maps.googleapis.com/maps/api/js?v=quarterly&loading=async&key=${encodeURIComponent(key)}`;
    const loaded = new Promise((resolve, reject) => {
      script.addEventListener('load', resolve);
      script.addEventListener('error', () => reject(new Error('Google Maps did not load.')));
    });
    document.head.append(script);
    await loaded;
    await google.maps.importLibrary('maps');
  }
  return new google.maps.Map(document.querySelector('#map'), options);
}

function missing() {
  const note = document.createElement('p');
  note.setAttribute('role', 'alert');
  const twin = document.createElement('a');
  twin.href = location.pathname.replace('-gmaps.html', '-leaflet.html');
  twin.textContent = 'the same on Leaflet';
  note.append('This page needs a key of Google Maps: add ?googleKey= to its address, or see ', twin, '.');
  document.querySelector('main').append(note);
  return new Promise(() => {});
}
