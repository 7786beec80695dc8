//! In the place of filters of rows, where the crate is built without them: a source has a condition that always holds.

/// The filters of a source.
pub mod sql {
    use std::marker::PhantomData;
    use std::rc::Weak;

    /// How filters are joined.
    #[derive(Debug)]
    pub enum Class {
        /// All must hold.
        And,
    }

    /// No filters.
    #[derive(Debug)]
    pub struct SqlFilter<S>(PhantomData<S>);

    impl<S> SqlFilter<S> {
        /// A collection without members.
        pub fn collection(_: Class) -> SqlFilter<S> {
            SqlFilter(PhantomData)
        }

        pub(in crate::model) fn belong_to(&self, _: Weak<S>) {}

        /// The condition as SQL; empty when it holds always.
        pub fn sql(&self) -> String {
            String::new()
        }
    }
}
