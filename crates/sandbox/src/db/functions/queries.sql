-- Statements as texts: taken apart, never run.

-- The signs and words of a text with their places. What is in quotes is one, and remarks are none.
CREATE OR REPLACE FUNCTION cartodb._cdb_tokens(query text, OUT place integer, OUT behind integer, OUT token text)
RETURNS SETOF record
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  letters text[] := string_to_array(query, NULL);
  size integer := length(query);
  c text;
  quote text;
  depth integer;
BEGIN
  IF size > 100000 THEN
    RAISE program_limit_exceeded USING MESSAGE = 'The query is too long';
  END IF;
  behind := 1;
  WHILE behind <= size LOOP
    place := behind;
    c := letters[place];
    behind := place + 1;
    IF c ~ '\s' THEN
      CONTINUE;
    ELSIF c = '-' AND letters[behind] = '-' THEN
      WHILE behind <= size AND letters[behind] !~ '[\n\r]' LOOP behind := behind + 1; END LOOP;
      CONTINUE;
    ELSIF c = '/' AND letters[behind] = '*' THEN
      depth := 1;
      behind := behind + 1;
      WHILE behind <= size AND depth > 0 LOOP
        IF letters[behind] = '*' AND letters[behind + 1] = '/' THEN
          depth := depth - 1;
          behind := behind + 1;
        ELSIF letters[behind] = '/' AND letters[behind + 1] = '*' THEN
          depth := depth + 1;
          behind := behind + 1;
        END IF;
        behind := behind + 1;
      END LOOP;
      CONTINUE;
    ELSIF c = '''' OR c = '"' THEN
      WHILE behind <= size LOOP
        IF letters[behind] <> c THEN
          behind := behind + 1;
        ELSIF letters[behind + 1] = c THEN
          behind := behind + 2;
        ELSE
          behind := behind + 1;
          EXIT;
        END IF;
      END LOOP;
    ELSIF c = '$' AND substr(query, place, 64) ~ '^\$([[:alpha:]_][[:alnum:]_]*)?\$' THEN
      quote := substring(substr(query, place, 64) FROM '^\$(?:[[:alpha:]_][[:alnum:]_]*)?\$');
      depth := strpos(substr(query, place + length(quote)), quote);
      -- Without an end it is no quote.
      IF depth > 0 THEN
        behind := place + 2 * length(quote) + depth - 1;
      END IF;
    ELSIF c ~ '[[:alnum:]_]' THEN
      WHILE behind <= size AND letters[behind] ~ '[[:alnum:]_$]' LOOP behind := behind + 1; END LOOP;
    END IF;
    token := substr(query, place, behind - place);
    RETURN NEXT;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_QueryStatements(query text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT btrim(substr(query, min(t.place), max(t.behind) - min(t.place)), E' \t\n\r')
  FROM (SELECT place, behind, token, count(*) FILTER (WHERE token = ';') OVER (ORDER BY place) AS statement
          FROM cartodb._cdb_tokens(query)) AS t
 WHERE t.token <> ';'
 GROUP BY t.statement ORDER BY t.statement $$;

-- The tables that stand behind FROM, JOIN and their like, of those that the role may read.
CREATE OR REPLACE FUNCTION cartodb.CDB_QueryTablesText(query text) RETURNS text[]
LANGUAGE plpgsql STABLE STRICT SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  tokens text[] := ARRAY(SELECT t.token FROM cartodb._cdb_tokens(query) AS t ORDER BY t.place);
  size integer := cardinality(tokens);
  -- 1 where a table may come, 2 behind one, 0 elsewhere; one for each parenthesis that is open.
  states integer[] := '{0}';
  state integer;
  at integer := 1;
  word text;
  schema text;
  name text;
  found text[] := '{}';
BEGIN
  WHILE at <= size LOOP
    word := lower(tokens[at]);
    state := states[cardinality(states)];
    IF word = '(' THEN
      states[cardinality(states)] := CASE state WHEN 1 THEN 2 ELSE state END;
      states := states || CASE state WHEN 1 THEN 1 ELSE 0 END;
    ELSIF word = ')' THEN
      states := CASE WHEN cardinality(states) > 1 THEN trim_array(states, 1) ELSE states END;
    ELSIF word IN ('from', 'join', 'into', 'update', 'using', 'table') THEN
      states[cardinality(states)] := 1;
    ELSIF word = ',' THEN
      states[cardinality(states)] := CASE state WHEN 2 THEN 1 ELSE state END;
    ELSIF word IN ('only', 'lateral', 'on', 'as', 'if', 'exists', 'not') THEN
      NULL;
    ELSIF word IN ('select', 'where', 'group', 'order', 'having', 'window', 'limit', 'offset', 'union', 'except', 'intersect',
                   'set', 'values', 'returning', ';') THEN
      states[cardinality(states)] := 0;
    ELSIF state = 1 AND word ~ '^["[:alpha:]_]' THEN
      name := CASE WHEN word LIKE '"%' THEN replace(btrim(tokens[at], '"'), '""', '"') ELSE word END;
      schema := NULL;
      IF tokens[at + 1] = '.' THEN
        schema := name;
        at := at + 2;
        name := CASE WHEN tokens[at] LIKE '"%' THEN replace(btrim(tokens[at], '"'), '""', '"') ELSE lower(tokens[at]) END;
      END IF;
      states[cardinality(states)] := 2;
      found := found || ARRAY(SELECT 'public.' || quote_ident(c.relname)
                                FROM cartodb.pg_class c, cartodb._cdb_schema s
                               WHERE c.relname = name AND (schema IS NULL OR schema IN ('public', s.schema_name)));
    END IF;
    at := at + 1;
  END LOOP;
  RETURN ARRAY(SELECT DISTINCT t FROM unnest(found) AS t ORDER BY t);
END $$;
