//! What the database takes to run it as the role of a key.

use super::CheckedSql;

/// A statement that may be run as the role of a key: one of a user's that was checked, or one that the server wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct RunnableSql(String);

impl RunnableSql {
    /// A statement that the server wrote. Of what users send there is nothing in it but [`CheckedSql`], quoted names and
    /// texts, and numbers.
    pub fn of_server(sql: impl Into<String>) -> RunnableSql {
        RunnableSql(sql.into())
    }

    /// A statement of a user's that was checked.
    pub(super) fn of_user(sql: &str) -> RunnableSql {
        RunnableSql(sql.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<&CheckedSql> for RunnableSql {
    fn from(sql: &CheckedSql) -> RunnableSql {
        RunnableSql::of_user(sql.as_str())
    }
}
