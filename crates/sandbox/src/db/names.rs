//! What `public` means in the SQL of users: accounts of one person call their own schema so.
//!
//! Real servers have a database for each such account. Here all share one, in which `public` holds PostGIS: functions and
//! types are found there as they are written, and so are the few tables that PostGIS brings.

use super::quote_identifier;
use crate::sql_guard::lexer::{self, Token};
use crate::sql_guard::tables::{self, is_sign};
use std::borrow::Cow;

/// The schema that users call their own by.
pub const PUBLIC: &str = "public";

/// Tables and views of PostGIS.
const TABLES: &[&str] =
    &["geography_columns", "geometry_columns", "raster_columns", "raster_overviews", "spatial_ref_sys"];
/// Types of PostGIS that somebody may name.
const TYPES: &[&str] = &["box2d", "box3d", "geography", "geometry", "geometry_dump", "geomval", "raster", "spheroid"];

/// A statement in which `public` is the schema of a user where it names a table; nothing else of it is changed.
pub fn in_schema<'a>(sql: &'a str, schema: &str) -> Cow<'a, str> {
    let has_name = sql.as_bytes().windows(PUBLIC.len()).any(|part| part.eq_ignore_ascii_case(PUBLIC.as_bytes()));
    let Some(located) = has_name.then(|| lexer::located(sql).ok()).flatten() else { return Cow::Borrowed(sql) };
    let (tokens, ranges): (Vec<_>, Vec<_>) = located.into_iter().unzip();
    let places = tables::places(&tokens);
    let mut written = String::new();
    let mut copied = 0;
    for (index, range) in ranges.iter().enumerate() {
        let is_place = places.iter().any(|place| place.index == index);
        if names_own_table(&tokens, index, is_place) {
            written.push_str(sql.get(copied..range.start).unwrap_or_default());
            written.push_str(&quote_identifier(schema));
            copied = range.end;
        }
    }
    match copied {
        0 => Cow::Borrowed(sql),
        _ => Cow::Owned(written + sql.get(copied..).unwrap_or_default()),
    }
}

/// Whether the token at an index is `public` and the schema of a table.
fn names_own_table(tokens: &[Token], index: usize, is_place: bool) -> bool {
    let is_public = match tokens.get(index) {
        Some(Token::Word(word)) => word.eq_ignore_ascii_case(PUBLIC),
        Some(Token::Quoted(name)) => name == PUBLIC,
        _ => false,
    };
    let sign_before = |sign: &str| index.checked_sub(1).is_some_and(|before| is_sign(tokens, before, sign));
    if !is_public || !is_sign(tokens, index + 1, ".") || sign_before(".") {
        return false;
    }
    let name = match tokens.get(index + 2) {
        Some(Token::Word(word)) => word.to_lowercase(),
        Some(Token::Quoted(name)) => name.clone(),
        _ => return false,
    };
    if TABLES.contains(&name.as_str()) {
        return false;
    }
    // Schema, table and column; an alias has no such third part.
    let is_column = is_sign(tokens, index + 3, ".");
    let is_type = sign_before("::") && !TYPES.contains(&name.as_str()) && !is_sign(tokens, index + 3, "(");
    is_place || is_column || is_type
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_is_the_schema_of_the_user_where_it_names_a_table() {
        for (sql, expected) in [
            ("SELECT * FROM public.cities", "SELECT * FROM \"a-b\".cities"),
            ("select * from PUBLIC . \"Cities\" c, \"public\".b", "select * from \"a-b\" . \"Cities\" c, \"a-b\".b"),
            (
                "SELECT public.cities.name, public.cities.* FROM public.cities",
                "SELECT \"a-b\".cities.name, \"a-b\".cities.* FROM \"a-b\".cities",
            ),
            (
                "SELECT a FROM b WHERE c IN (SELECT d FROM public.e)",
                "SELECT a FROM b WHERE c IN (SELECT d FROM \"a-b\".e)",
            ),
            ("INSERT INTO public.a (b) VALUES ('public.c')", "INSERT INTO \"a-b\".a (b) VALUES ('public.c')"),
            ("UPDATE public.a SET b = $$public.c$$ -- public.d", "UPDATE \"a-b\".a SET b = $$public.c$$ -- public.d"),
            (
                "CREATE TABLE public.a (g public.geometry(Point, 4326))",
                "CREATE TABLE \"a-b\".a (g public.geometry(Point, 4326))",
            ),
            ("DROP TABLE IF EXISTS public.a, public.b", "DROP TABLE IF EXISTS \"a-b\".a, \"a-b\".b"),
            (
                "CREATE INDEX i ON public.a USING gist (public.ST_Centroid(g))",
                "CREATE INDEX i ON \"a-b\".a USING gist (public.ST_Centroid(g))",
            ),
            ("COPY public.a FROM STDIN", "COPY \"a-b\".a FROM STDIN"),
            ("SELECT NULL::public.cities", "SELECT NULL::\"a-b\".cities"),
        ] {
            assert_eq!(in_schema(sql, "a-b"), expected);
        }
    }

    #[test]
    fn every_other_public_stays() {
        for sql in [
            "SELECT public.ST_Point(1, 2)::public.geometry, 'public.a' FROM b",
            "SELECT * FROM public.spatial_ref_sys",
            "SELECT * FROM public.ST_Dump(NULL)",
            // An alias, a column, a table of this name.
            "SELECT public.name, public.* FROM cities AS public",
            "SELECT public FROM parks ORDER BY public",
            "SELECT extract(year FROM public.opened), public.a IS DISTINCT FROM public.b FROM parks public",
            "SELECT x.public.y FROM x",
            "SELECT * FROM demo.public",
            "SELECT a FROM b -- public.c",
            "SELECT a FROM publication.b, public_data.c",
            "SELECT 'unfinished FROM public.a",
        ] {
            assert_eq!(in_schema(sql, "demo"), sql);
        }
    }
}
