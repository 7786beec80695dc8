export * from './filter-rows';
export * from './filter-spatial';
