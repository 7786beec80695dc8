/* global $state */
/** What Svelte gives back of an object in a state. */
export function state(object) {
  const held = $state({ nested: { object } });
  return held.nested.object;
}
