export * from './types/widgets';
export * from './types/widgets-elements';
export * from './types/widgets-map';
