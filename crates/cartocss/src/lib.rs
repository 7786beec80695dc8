//! The style language: parser, selectors, evaluation.
