//! In the place of what joins dataviews to the engine, where the crate is built without them: there are none.

use super::{Client, Effect, Source};
use crate::error::RawError;
use maps_api::config::{AnalysisConfig, DataviewConfig};
use maps_api::json::Value;
use std::rc::Rc;

#[derive(Clone, Debug, Default)]
pub(super) struct Dataviews;

impl Dataviews {
    pub(super) fn sources(&self) -> impl Iterator<Item = Rc<Source>> {
        std::iter::empty()
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = AnalysisConfig> {
        std::iter::empty()
    }

    pub(super) fn configs(&self) -> Vec<(String, DataviewConfig)> {
        Vec::new()
    }

    pub(super) fn take_urls(&self, _: &Client, _: &Value, _: &mut Vec<Effect>) {}

    pub(super) fn fail(&self, _: &str, _: &RawError, _: &mut Vec<Effect>) {}

    pub(super) fn ask_again(&self, _: &mut Vec<Effect>) {}

    pub(super) fn release(&self, _: &Rc<Client>) {}
}

pub(super) fn entered(effect: Effect) -> Effect {
    effect
}
