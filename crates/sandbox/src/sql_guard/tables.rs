//! Where the names of tables stand in a statement, by its tokens alone: also in statements that no parser of ours can read.

use super::lexer::Token;

/// A name of a table: the token that it begins with, and what is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of its first token.
    pub index: usize,
    /// Whether the statement changes the table.
    pub is_target: bool,
}

/// What a name means at a place between two parentheses.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Clause {
    /// A column, a type, a function.
    Expression,
    /// The next table of a list behind `FROM`.
    Tables { is_target: bool },
    /// What follows a table in such a list: an alias, a join.
    Behind { is_target: bool },
    /// The condition of a join in such a list.
    Condition,
    /// The one table of a statement.
    Target,
    /// The next one of some tables, as of `DROP TABLE`.
    Targets,
    /// What follows one of those.
    BehindTarget,
}

/// What is known between two parentheses.
struct Level {
    clause: Clause,
    /// Whether `FROM` belongs to a call there: `extract(year FROM x)`.
    has_own_from: bool,
}

/// Functions with a `FROM` among their arguments.
const CALLS_WITH_FROM: &[&str] = &["extract", "overlay", "substring", "trim"];
/// Words that end a list of tables.
const ENDS_TABLES: &[&str] = &[
    "except",
    "fetch",
    "for",
    "group",
    "having",
    "intersect",
    "limit",
    "offset",
    "order",
    "returning",
    "select",
    "set",
    "union",
    "values",
    "where",
    "window",
    "with",
];
/// Words between a command and the name of its table.
const BEFORE_NAMES: &[&str] = &["exists", "if", "not", "only"];

/// The tables of a statement, or of several.
pub fn places(tokens: &[Token]) -> Vec<Place> {
    let mut walk = Walk { tokens, levels: vec![Level::new(Clause::Expression)], first: 0, places: Vec::new() };
    for index in 0..tokens.len() {
        walk.step(index);
    }
    walk.places
}

impl Level {
    fn new(clause: Clause) -> Level {
        Level { clause, has_own_from: false }
    }
}

struct Walk<'a> {
    tokens: &'a [Token],
    levels: Vec<Level>,
    /// Index of the first token of the statement.
    first: usize,
    places: Vec<Place>,
}

impl Walk<'_> {
    /// The word at an index, in small letters.
    fn word(&self, index: Option<usize>) -> String {
        word_at(self.tokens, index).unwrap_or_default()
    }

    fn before(&self, index: usize, steps: usize) -> String {
        self.word(index.checked_sub(steps).filter(|index| *index >= self.first))
    }

    fn clause(&self) -> Clause {
        self.levels.last().map_or(Clause::Expression, |level| level.clause)
    }

    fn set(&mut self, clause: Clause) {
        if let Some(level) = self.levels.last_mut() {
            level.clause = clause;
        }
    }

    fn step(&mut self, index: usize) {
        let Some(token) = self.tokens.get(index) else { return };
        let follows_dot = index.checked_sub(1).is_some_and(|before| is_sign(self.tokens, before, "."));
        match token {
            Token::Sign(sign) => self.sign(index, sign),
            // It goes with the name before it.
            Token::Word(_) | Token::Quoted(_) if follows_dot => {}
            Token::Word(word) => self.read_word(index, &word.to_lowercase()),
            Token::Quoted(_) => self.name(index),
            _ => {}
        }
    }

    fn sign(&mut self, index: usize, sign: &str) {
        match sign {
            "(" => {
                let clause = self.clause();
                let inner = match clause {
                    Clause::Tables { is_target } => {
                        self.set(Clause::Behind { is_target });
                        clause
                    }
                    Clause::Target | Clause::Targets => {
                        self.set(Clause::Expression);
                        Clause::Expression
                    }
                    _ => Clause::Expression,
                };
                let called = self.before(index, 1);
                self.levels.push(Level { clause: inner, has_own_from: CALLS_WITH_FROM.contains(&called.as_str()) });
            }
            // The outermost level stays.
            ")" if self.levels.len() > 1 => drop(self.levels.pop()),
            "," => match self.clause() {
                Clause::Behind { is_target } => self.set(Clause::Tables { is_target }),
                Clause::Condition => self.set(Clause::Tables { is_target: false }),
                Clause::BehindTarget => self.set(Clause::Targets),
                Clause::Target => self.set(Clause::Expression),
                _ => {}
            },
            ";" => {
                self.levels = vec![Level::new(Clause::Expression)];
                self.first = index + 1;
            }
            _ => {}
        }
    }

    fn read_word(&mut self, index: usize, word: &str) {
        let before = self.before(index, 1);
        let begins = self.word(Some(self.first));
        // What follows AS is a name, whatever it is, but for the query that a table is made of.
        if before == "as" && !(begins == "create" && ["select", "table", "values", "with"].contains(&word)) {
            return;
        }
        let is_first = index == self.first || index.checked_sub(1).is_some_and(|at| is_sign(self.tokens, at, "("));
        let is_main = is_first || index.checked_sub(1).is_some_and(|at| is_sign(self.tokens, at, ")"));
        let in_list = matches!(self.clause(), Clause::Tables { .. } | Clause::Behind { .. } | Clause::Condition);
        match word {
            "from" => {
                let is_comparison = before == "distinct" && ["is", "not"].contains(&self.before(index, 2).as_str());
                let has_own = self.levels.last().is_some_and(|level| level.has_own_from);
                let is_copy = begins == "copy" && self.levels.len() == 1;
                if !is_comparison && !has_own && !is_copy {
                    self.set(Clause::Tables { is_target: before == "delete" });
                }
            }
            "join" => self.set(Clause::Tables { is_target: false }),
            "using" if in_list && is_sign(self.tokens, index + 1, "(") => self.set(Clause::Condition),
            "using" if in_list => self.set(Clause::Tables { is_target: false }),
            "on" if in_list => self.set(Clause::Condition),
            "on" if begins == "create" && self.levels.len() == 1 => self.set(Clause::Target),
            "into" => self.set(Clause::Target),
            "update" if is_main => self.set(Clause::Target),
            "copy" if index == self.first => self.set(Clause::Target),
            "truncate" if index == self.first => self.set(Clause::Targets),
            "table" => match before.as_str() {
                "drop" => self.set(Clause::Targets),
                "truncate" => {}
                "alter" | "create" => self.set(Clause::Target),
                _ if is_main || ["all", "as", "except", "intersect", "union"].contains(&before.as_str()) => {
                    self.set(Clause::Tables { is_target: false });
                }
                _ => self.name(index),
            },
            "references" => self.set(Clause::Tables { is_target: false }),
            "lateral" | "rows" if in_list => {}
            word if BEFORE_NAMES.contains(&word) => {}
            word if ENDS_TABLES.contains(&word) => self.set(Clause::Expression),
            _ => self.name(index),
        }
    }

    /// A name that stands where one may.
    fn name(&mut self, index: usize) {
        let mut end = index + 1;
        while is_sign(self.tokens, end, ".") {
            end += 2;
        }
        let is_called = is_sign(self.tokens, end, "(");
        let (is_target, then) = match self.clause() {
            // A function may give rows, too.
            Clause::Tables { is_target } if is_called => {
                return self.set(Clause::Behind { is_target });
            }
            Clause::Tables { is_target } => (is_target, Clause::Behind { is_target: false }),
            Clause::Target => (true, Clause::Expression),
            Clause::Targets => (true, Clause::BehindTarget),
            _ => return,
        };
        self.places.push(Place { index, is_target });
        self.set(then);
    }
}

/// The word at an index, in small letters.
pub fn word_at(tokens: &[Token], index: Option<usize>) -> Option<String> {
    match tokens.get(index?)? {
        Token::Word(word) => Some(word.to_lowercase()),
        _ => None,
    }
}

/// Whether a sign stands at an index.
pub fn is_sign(tokens: &[Token], index: usize, wanted: &str) -> bool {
    matches!(tokens.get(index), Some(Token::Sign(sign)) if sign == wanted)
}

/// Schema, where there is one, and name of a table, as the database folds them.
pub fn name_at(tokens: &[Token], index: usize) -> Option<(Option<String>, String)> {
    let part = |index: usize| match tokens.get(index)? {
        Token::Word(word) => Some(word.to_lowercase()),
        Token::Quoted(name) => Some(name.clone()),
        _ => None,
    };
    let first = part(index)?;
    if !is_sign(tokens, index + 1, ".") {
        return Some((None, first));
    }
    let second = part(index + 2)?;
    if is_sign(tokens, index + 3, ".") { None } else { Some((Some(first), second)) }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    fn found(sql: &str) -> String {
        let tokens = tokens(sql).unwrap_or_default();
        let shown = |place: Place| {
            let (schema, name) = name_at(&tokens, place.index).unwrap_or_default();
            let mark = if place.is_target { "!" } else { "" };
            format!("{mark}{}{name}", schema.map(|schema| schema + ".").unwrap_or_default())
        };
        places(&tokens).into_iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tables_are_found_where_they_stand() {
        for (sql, expected) in [
            (
                "SELECT a.b FROM a, s.b AS x, (SELECT 1 FROM c) d JOIN (e JOIN f ON e.g = f.h) ON true, i",
                "a s.b c e f i",
            ),
            ("SELECT f(a, b), c FROM g(1, 2) AS h, i CROSS JOIN LATERAL j(i.x) WHERE k IN (SELECT l FROM m), n", "i m"),
            ("SELECT extract(year FROM a), trim(both FROM b), substring((SELECT c FROM d) FROM 1) FROM e", "d e"),
            ("SELECT a IS DISTINCT FROM b, c IS NOT DISTINCT FROM d FROM e", "e"),
            ("SELECT a AS from, b AS table, c FROM \"D\".\"e\" ORDER BY f, g", "D.e"),
            (
                "WITH a AS (SELECT * FROM b), c AS MATERIALIZED (TABLE d) SELECT * FROM a JOIN c USING (e), f",
                "b d a c f",
            ),
            ("SELECT * FROM ROWS FROM (a(1), b(2)) AS c, d", "d"),
            ("SELECT * FROM ONLY a FOR UPDATE OF a", "a"),
            ("SELECT 1 FROM a UNION ALL TABLE b", "a b"),
            ("INSERT INTO a (b, c) SELECT d, e FROM f ON CONFLICT (b) DO UPDATE SET c = excluded.c", "!a f"),
            ("UPDATE a SET b = 1, c = 2 FROM d WHERE e = 1", "!a d"),
            ("WITH x AS (UPDATE a SET b = 1 RETURNING c) DELETE FROM d USING e, f WHERE g", "!a !d e f"),
            ("DROP TABLE IF EXISTS a, b.c CASCADE", "!a !b.c"),
            ("TRUNCATE TABLE ONLY a, b RESTART IDENTITY", "!a !b"),
            ("CREATE UNIQUE INDEX i ON a.b USING gist (c, d)", "!a.b"),
            ("CREATE TABLE IF NOT EXISTS a.b (c int, d text)", "!a.b"),
            ("CREATE TABLE a AS SELECT * FROM b", "!a b"),
            ("ALTER TABLE IF EXISTS ONLY a.b ADD COLUMN c int", "!a.b"),
            ("COPY a.b (c, d) FROM STDIN WITH (FORMAT csv)", "!a.b"),
            ("COPY (SELECT * FROM a) TO STDOUT", "a"),
            ("SELECT 1 FROM a; SELECT 2, b FROM c", "a c"),
            ("SELECT 'x FROM a' /* FROM b */ FROM c -- FROM d", "c"),
        ] {
            assert_eq!(found(sql), expected, "{sql}");
        }
    }
}
