// The elements as an app uses them: what is right is accepted, and each line after @ts-expect-error is refused.
import carto from 'carto-wasm';
import { CategoryWidget } from 'carto-wasm/widgets';

const cities = new carto.source.Dataset('cities');
const countries = new carto.dataview.Category(cities, 'adm0name');
const sizes = new carto.dataview.Histogram(cities, 'pop_max');

const category = document.createElement('carto-category');
category.dataview = countries;
category.filters = cities;
category.selection = ['Spain', 3, true];
category.theme = 'dark';
category.texts = { empty: 'Nichts' };
category.format = (value, lang) => value.toLocaleString(lang);
category.addEventListener('carto-selection', ({ detail }) => detail.selection.length);
category.addEventListener('click', ({ clientX }) => clientX);
const isOne: boolean = category instanceof CategoryWidget;
void isOne;

const histogram = document.querySelector('carto-histogram');
histogram?.zoom();
histogram?.addEventListener('carto-selection', ({ detail }) => detail.selection?.[0].toFixed());
if (histogram) histogram.selection = [1, 2];

const series = document.createElement('carto-time-series');
series.play();
series.interval = 500;
document.createElement('carto-formula').digits = 2;

const chosen = new carto.filter.Category('adm0name', { in: ['Spain'] });
const left: carto.filter.RowFilter[] = sizes.setExceptFilters([chosen]).getExceptFilters();
void left;

// @ts-expect-error A dataview of another class.
category.dataview = sizes;
// @ts-expect-error No such theme.
category.theme = 'black';
// @ts-expect-error It is told, not set.
series.playing = true;
// @ts-expect-error No such word.
category.texts = { nothing: '' };
// @ts-expect-error No filter of rows.
sizes.setExceptFilters([new carto.filter.Circle()]);
