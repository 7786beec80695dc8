// The elements in templates: a project names them once for its JSX. What stands for React's types here has what they have of elements.
import carto from 'carto-wasm';
import type { WidgetElements } from 'carto-wasm/widgets';

declare global {
  namespace JSX {
    type Element = unknown;
    interface IntrinsicElements extends WidgetElements {}
  }
}

const cities = new carto.source.Dataset('cities');
const countries = new carto.dataview.Category(cities, 'adm0name');

export const right = <carto-category heading="Countries" dataview={countries} filters={cities} searchable={true} className="wide" key="countries" />;
export const number = <carto-formula dataview={null} unit="people" notation="compact" />;
// @ts-expect-error A dataview of another class.
export const wrong = <carto-histogram dataview={countries} />;
// @ts-expect-error No such property.
export const misspelt = <carto-category dataviews={countries} />;
