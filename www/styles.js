// The three looks of the map: CartoCSS for both layers. The colour of the sea is CSS (demo.css, data-style).

// The style travels in the address of the map request; without the indentation it stays short enough for a GET.
const tight = (text) => text.replace(/\s*([{}:;[\]])\s*/g, '$1').trim();

export const STYLES = {
  atlas: {
    countries: tight(`
      #countries {
        polygon-fill: #f4eddd;
        polygon-opacity: 1;
        line-color: #b9a98a;
        line-width: 0.7;
      }`),
    cities: tight(`
      #cities {
        marker-width: 2.4;
        marker-fill: #c2452d;
        marker-fill-opacity: 0.65;
        marker-line-width: 0;
        marker-allow-overlap: true;
        [pop_max >= 100000] { marker-width: 4; marker-fill-opacity: 0.8; }
        [pop_max >= 1000000] { marker-width: 7.5; marker-fill-opacity: 0.95; marker-line-color: #fff6ea; marker-line-width: 1; }
        [zoom >= 6] { marker-width: 6; [pop_max >= 100000] { marker-width: 9; } [pop_max >= 1000000] { marker-width: 13; } }
      }`),
  },

  ranked: {
    countries: tight(`
      #countries {
        polygon-fill: #ffffff;
        polygon-opacity: 1;
        line-color: #c3cdd1;
        line-width: 0.8;
      }`),
    cities: tight(`
      #cities {
        marker-width: 2;
        marker-fill: #9cc5b7;
        marker-fill-opacity: 0.7;
        marker-line-width: 0;
        marker-allow-overlap: true;
        [pop_max >= 50000] { marker-width: 4; marker-fill: #5fa5a0; }
        [pop_max >= 250000] { marker-width: 8; marker-fill: #2f7f88; }
        [pop_max >= 1000000] { marker-width: 15; marker-fill: #1d5670; marker-line-color: #ffffff; marker-line-width: 1; }
        [pop_max >= 5000000] { marker-width: 26; marker-fill: #2b2d5b; marker-line-color: #ffffff; marker-line-width: 1.5; }
      }`),
  },

  night: {
    countries: tight(`
      #countries {
        polygon-fill: #1a2a33;
        polygon-opacity: 1;
        line-color: #35505c;
        line-width: 0.7;
      }`),
    cities: tight(`
      #cities {
        marker-width: 1.6;
        marker-fill: #ffc46b;
        marker-fill-opacity: 0.55;
        marker-line-width: 0;
        marker-allow-overlap: true;
        [pop_max >= 100000] { marker-width: 3; marker-fill: #ffd793; marker-fill-opacity: 0.8; }
        [pop_max >= 1000000] { marker-width: 6; marker-fill: #fff3d6; marker-fill-opacity: 1; }
      }`),
  },
};
