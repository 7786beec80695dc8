export * from './types/widgets.js';
export * from './types/widgets-elements.js';
export * from './types/widgets-map.js';
