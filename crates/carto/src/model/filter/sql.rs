//! Filters of rows: conditions on a column, and collections of them (spec 2.17, 2.18).

use crate::error::CartoError;
use crate::event::{Arg, Event};
use crate::slot::Slot;
use crate::subject::Subject;
use crate::text;
use crate::ticket::Told;
use maps_api::json::Value;
use std::fmt;
use std::rc::{Rc, Weak};

/// How deep collections may nest: nobody writes more, and reading more would exhaust the stack.
const DEEPEST: u8 = 100;

/// A value of a condition. Numbers and dates come as JavaScript writes them.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A text.
    Text(String),
    /// A number in decimal.
    Number(String),
    /// A date in ISO 8601, UTC, with milliseconds.
    Date(String),
    /// A list.
    List(Vec<Operand>),
    /// Any other object.
    Object {
        /// SQL that gives the value.
        query: Option<String>,
        /// The lower end of a range.
        min: Option<Box<Operand>>,
        /// The upper end of a range.
        max: Option<Box<Operand>>,
        /// What JavaScript makes of it as text.
        text: String,
    },
    /// null, undefined, and true and false outside of lists: no condition takes them.
    Other,
}

impl Operand {
    /// The value as SQL. Quotes are escaped as CARTO.js does: the text is part of what servers cache by.
    fn sql(&self) -> String {
        match self {
            Operand::Text(value) | Operand::Date(value) => {
                let mut quoted = String::from("'");
                for char in value.chars() {
                    match char {
                        '\'' => quoted.push_str("''"),
                        '\n' => quoted.push_str("\\n"),
                        '"' => quoted.push_str("\\\""),
                        other => quoted.push(other),
                    }
                }
                quoted.push('\'');
                quoted
            }
            Operand::Number(digits) => digits.clone(),
            Operand::List(items) => text::join_all(&items.iter().map(Operand::sql).collect::<Vec<_>>(), ","),
            Operand::Object { query: Some(query), .. } => query.clone(),
            Operand::Object { text, .. } => text.clone(),
            Operand::Other => String::new(),
        }
    }

    /// Whether a list has an item without a form in SQL.
    fn has_gap(&self) -> bool {
        matches!(self, Operand::List(items) if items.iter().any(|item| *item == Operand::Other || item.has_gap()))
    }

    fn query(&self) -> Option<&String> {
        if let Operand::Object { query, .. } = self { query.as_ref() } else { None }
    }

    /// Both ends of a range, when they are numbers or dates.
    fn range(&self) -> Option<(&Operand, &Operand)> {
        let Operand::Object { min: Some(min), max: Some(max), .. } = self else { return None };
        let end = |end: &Operand| matches!(end, Operand::Number(_) | Operand::Date(_));
        (end(min) && end(max)).then_some((&**min, &**max))
    }
}

/// What conditions of a name need and become.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// `C IN (V)`: lists, texts, objects.
    Among(&'static str),
    /// `C = V`: texts, numbers, dates, objects.
    Equal(&'static str),
    /// `C LIKE V`: texts.
    Alike(&'static str),
    /// `C < V`: numbers, dates, objects.
    Compared(&'static str),
    /// `C BETWEEN MIN AND MAX`: ranges.
    Between(&'static str),
}

const CATEGORY: [(&str, Form); 6] = [
    ("in", Form::Among(" IN (")),
    ("notIn", Form::Among(" NOT IN (")),
    ("eq", Form::Equal(" = ")),
    ("notEq", Form::Equal(" != ")),
    ("like", Form::Alike(" LIKE ")),
    ("similarTo", Form::Alike(" SIMILAR TO ")),
];

const RANGE: [(&str, Form); 8] = [
    ("lt", Form::Compared(" < ")),
    ("lte", Form::Compared(" <= ")),
    ("gt", Form::Compared(" > ")),
    ("gte", Form::Compared(" >= ")),
    ("between", Form::Between(" BETWEEN ")),
    ("notBetween", Form::Between(" NOT BETWEEN ")),
    ("betweenSymmetric", Form::Between(" BETWEEN SYMMETRIC ")),
    ("notBetweenSymmetric", Form::Between(" NOT BETWEEN SYMMETRIC ")),
];

impl Form {
    fn accepts(self, operand: &Operand) -> bool {
        use Operand::{Date, List, Number, Object, Text};
        // What has no form in SQL would leave a gap.
        if operand.has_gap() {
            return false;
        }
        match self {
            // Any object passes, dates and lists too.
            Form::Among(_) => matches!(operand, Text(_) | Date(_) | List(_) | Object { .. }),
            Form::Equal(_) => matches!(operand, Text(_) | Number(_) | Date(_) | List(_) | Object { .. }),
            Form::Alike(_) => matches!(operand, Text(_)),
            Form::Compared(_) => matches!(operand, Number(_) | Date(_) | List(_) | Object { .. }),
            Form::Between(_) => operand.range().is_some(),
        }
    }

    fn sql(self, column: &str, operand: &Operand) -> String {
        match (self, operand) {
            (Form::Among(" IN ("), Operand::List(items)) if items.is_empty() => "true = false".to_owned(),
            (Form::Among(_), Operand::List(items)) if items.is_empty() => String::new(),
            (Form::Among(operator), value) => text::concat(&[column, operator, &value.sql(), ")"]),
            (Form::Between(operator), value) => match value.range() {
                Some((min, max)) => text::concat(&[column, operator, &min.sql(), " AND ", &max.sql()]),
                None => String::new(),
            },
            (Form::Equal(operator) | Form::Alike(operator) | Form::Compared(operator), value) => match value.query() {
                Some(query) => text::concat(&[column, operator, "(", query, ")"]),
                None => text::concat(&[column, operator, &value.sql()]),
            },
        }
    }
}

/// The class of a filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Class {
    /// Conditions on values one by one.
    Category,
    /// Conditions on the order of values.
    Range,
    /// Filters that must all hold.
    And,
    /// Filters of which one must hold.
    Or,
}

/// Conditions by name, in the page's order.
pub type Conditions = Vec<(String, Operand)>;

fn refuse(token: &str) -> CartoError {
    CartoError::validation("filter", token)
}

impl Class {
    fn forms(self) -> &'static [(&'static str, Form)] {
        match self {
            Class::Category => &CATEGORY,
            Class::Range => &RANGE,
            Class::And | Class::Or => &[],
        }
    }

    fn form(self, name: &str) -> Option<Form> {
        self.forms().iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
    }

    fn check(self, conditions: &Conditions) -> Result<(), CartoError> {
        for (name, operand) in conditions {
            let form = self.form(name).ok_or_else(|| refuse(&text::concat(&["invalidFilter", name])))?;
            if !form.accepts(operand) {
                return Err(refuse(&text::concat(&["invalidParameterType", name])));
            }
        }
        Ok(())
    }
}

/// Who is told of a change.
enum Parent<S> {
    Collection(Weak<SqlFilter<S>>),
    Source(Weak<S>),
}

impl<S> Parent<S> {
    fn is_alive(&self) -> bool {
        match self {
            Parent::Collection(collection) => collection.strong_count() > 0,
            Parent::Source(source) => source.strong_count() > 0,
        }
    }
}

/// A filter of the rows of sources.
pub struct SqlFilter<S> {
    /// The public object.
    pub subject: Rc<Subject>,
    class: Class,
    column: String,
    conditions: Slot<Conditions>,
    members: Slot<Vec<Rc<SqlFilter<S>>>>,
    parents: Slot<Vec<Parent<S>>>,
}

impl<S> fmt::Debug for SqlFilter<S> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("SqlFilter").field("class", &self.class).field("sql", &self.sql()).finish_non_exhaustive()
    }
}

impl<S> SqlFilter<S> {
    /// Checks the arguments and makes a filter of conditions; `options` are the names of the options given.
    ///
    /// # Errors
    /// `validation:filter:column-*`, `…:empty-column`, `…:invalid-option`, `…:invalid-filter`,
    /// `…:invalid-parameter-type`.
    pub fn new(
        class: Class,
        column: Option<&Value>,
        conditions: Conditions,
        options: &[String],
    ) -> Result<SqlFilter<S>, CartoError> {
        let column = match column {
            None => return Err(refuse("columnRequired")),
            Some(Value::String(column)) if column.is_empty() => return Err(refuse("emptyColumn")),
            Some(Value::String(column)) => column.clone(),
            Some(_) => return Err(refuse("columnString")),
        };
        // It is accepted and has no effect.
        if let Some(option) = options.iter().find(|option| *option != "includeNull") {
            return Err(refuse(&text::concat(&["invalidOption", option])));
        }
        class.check(&conditions)?;
        Ok(SqlFilter { column, conditions: Slot::new(conditions), ..SqlFilter::collection(class) })
    }

    /// A collection without members.
    pub fn collection(class: Class) -> SqlFilter<S> {
        let (subject, column, conditions, members, parents) = Default::default();
        SqlFilter { subject, class, column, conditions, members, parents }
    }

    /// Whether this is a collection.
    pub fn is_collection(&self) -> bool {
        matches!(self.class, Class::And | Class::Or)
    }

    /// Replaces one condition.
    ///
    /// # Errors
    /// `validation:filter:invalid-filter`, `…:invalid-parameter-type`.
    pub fn set(&self, name: String, operand: Operand) -> Result<(), CartoError> {
        let condition = vec![(name, operand)];
        self.class.check(&condition)?;
        let mut conditions = self.conditions.borrow_mut();
        for (name, operand) in condition {
            match conditions.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = operand,
                None => conditions.push((name, operand)),
            }
        }
        Ok(())
    }

    /// Replaces all conditions.
    ///
    /// # Errors
    /// `validation:filter:invalid-filter`, `…:invalid-parameter-type`.
    pub fn set_all(&self, conditions: Conditions) -> Result<(), CartoError> {
        self.class.check(&conditions)?;
        self.conditions.replace(conditions);
        Ok(())
    }

    /// The members of a collection.
    pub fn members(&self) -> Vec<Rc<SqlFilter<S>>> {
        self.members.borrow().clone()
    }

    /// Adds a member at the end; `false` when it is there already.
    ///
    /// # Errors
    /// `validation:filter:wrong-filter-type` where the collection would contain itself, or nest beyond any use.
    pub fn add(self: &Rc<Self>, member: &Rc<SqlFilter<S>>) -> Result<bool, CartoError> {
        if self.members.borrow().iter().any(|known| Rc::ptr_eq(known, member)) {
            return Ok(false);
        }
        if !member.may_be_in(self, DEEPEST.saturating_sub(self.height(DEEPEST))) {
            return Err(refuse("wrongFilterType"));
        }
        self.members.borrow_mut().push(member.clone());
        let parent = Parent::Collection(Rc::downgrade(self));
        super::push_alive(&mut member.parents.borrow_mut(), parent, Parent::is_alive);
        Ok(true)
    }

    /// Whether this and what is in it are not `collection`, and nest no deeper than `levels`.
    fn may_be_in(&self, collection: &Rc<SqlFilter<S>>, levels: u8) -> bool {
        let Some(levels) = levels.checked_sub(1) else { return false };
        !std::ptr::eq(self, &**collection)
            && self.members.borrow().iter().all(|member| member.may_be_in(collection, levels))
    }

    /// In how many collections this is, counted up to `limit`.
    fn height(&self, limit: u8) -> u8 {
        let Some(limit) = limit.checked_sub(1) else { return 0 };
        let parents = self.parents.borrow();
        let above = parents.iter().filter_map(|parent| match parent {
            Parent::Collection(collection) => collection.upgrade().map(|collection| 1 + collection.height(limit)),
            Parent::Source(_) => None,
        });
        above.max().unwrap_or_default()
    }

    /// Removes a member; `false` when it is not there.
    pub fn remove(self: &Rc<Self>, member: &Rc<SqlFilter<S>>) -> bool {
        let index = self.members.borrow().iter().position(|known| Rc::ptr_eq(known, member));
        let Some(index) = index else { return false };
        self.members.borrow_mut().remove(index);
        member.parents.borrow_mut().retain(|parent| match parent {
            Parent::Collection(collection) => !std::ptr::eq(collection.as_ptr(), &**self),
            Parent::Source(_) => true,
        });
        true
    }

    /// Lets a source know of every change.
    pub(in crate::model) fn belong_to(&self, source: Weak<S>) {
        self.parents.borrow_mut().push(Parent::Source(source));
    }

    /// What follows on a change of this filter or its members: what is told, from the inside to the outside, and the
    /// sources that are to load again then (`Source::filters_changed`), each once.
    pub fn changed(&self, conditions: Arg) -> (Told, Vec<Rc<S>>) {
        let mut concerned = (Vec::new(), Vec::new());
        self.concern(&mut concerned);
        let event = Event::of("change:filters", conditions);
        (concerned.0.into_iter().map(|subject| (subject, event.clone())).collect(), concerned.1)
    }

    fn concern(&self, told: &mut (Vec<Rc<Subject>>, Vec<Rc<S>>)) {
        told.0.push(self.subject.clone());
        for parent in &*self.parents.borrow() {
            match parent {
                Parent::Collection(collection) => {
                    if let Some(collection) = collection.upgrade() {
                        collection.concern(told);
                    }
                }
                Parent::Source(source) => {
                    let source =
                        source.upgrade().filter(|source| !told.1.iter().any(|other| Rc::ptr_eq(other, source)));
                    told.1.extend(source);
                }
            }
        }
    }

    /// The condition as SQL; empty when it holds always.
    pub fn sql(&self) -> String {
        self.sql_except(&[])
    }

    /// The condition as SQL without what some filters in it ask for.
    pub fn sql_except(&self, except: &[Rc<SqlFilter<S>>]) -> String {
        if except.iter().any(|filter| std::ptr::eq(&raw const **filter, self)) {
            return String::new();
        }
        let (joint, several, parts): (&str, bool, Vec<String>) = match self.class {
            Class::Category | Class::Range => {
                let conditions = self.conditions.borrow();
                let part = |(name, operand): &(String, Operand)| {
                    self.class.form(name).map(|form| form.sql(&self.column, operand)).unwrap_or_default()
                };
                // Conditions count before empty ones are dropped, members of collections after it.
                (" AND ", conditions.len() > 1, conditions.iter().map(part).collect())
            }
            Class::And | Class::Or => {
                let parts: Vec<String> = self.members.borrow().iter().map(|member| member.sql_except(except)).collect();
                let filled = parts.iter().filter(|part| !part.is_empty()).count();
                (if self.class == Class::And { " AND " } else { " OR " }, filled > 1, parts)
            }
        };
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let sql = text::join_all(&parts, joint);
        if several && !sql.is_empty() { text::concat(&["(", &sql, ")"]) } else { sql }
    }
}

#[cfg(test)]
mod tests;
