-- What a role may know of the catalog: its user's tables that it can read, and the types that everybody has. Views are read with
-- the rights of their owner, and ask for those of the role that looks.

-- The schema of the user whose role looks.
CREATE OR REPLACE VIEW cartodb._cdb_schema WITH (security_barrier) AS
SELECT u.schema_name, u.id AS user_id
  FROM sandbox.users u
 WHERE u.role = current_user::text
    OR EXISTS (SELECT 1 FROM sandbox.api_keys k WHERE k.user_id = u.id AND k.role = current_user::text);

CREATE OR REPLACE VIEW cartodb.pg_namespace WITH (security_barrier) AS
SELECT n.oid, n.nspname
  FROM pg_catalog.pg_namespace n JOIN cartodb._cdb_schema s ON n.nspname = s.schema_name::name;

CREATE OR REPLACE VIEW cartodb.pg_class WITH (security_barrier) AS
SELECT c.oid, c.relname, c.relnamespace, c.relkind, c.relnatts, c.reltuples
  FROM pg_catalog.pg_class c JOIN cartodb.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege(c.oid, 'SELECT');

CREATE OR REPLACE VIEW cartodb.pg_attribute WITH (security_barrier) AS
SELECT a.attrelid, a.attname, a.atttypid, a.attlen, a.attnum, a.attndims, a.atttypmod, a.attnotnull, a.atthasdef, a.attisdropped,
       a.attidentity
  FROM pg_catalog.pg_attribute a JOIN cartodb.pg_class c ON c.oid = a.attrelid;

CREATE OR REPLACE VIEW cartodb.pg_type WITH (security_barrier) AS
SELECT t.oid, t.typname, t.typnamespace, t.typlen, t.typtype, t.typcategory, t.typelem, t.typbasetype
  FROM pg_catalog.pg_type t
 WHERE t.typrelid = 0 AND t.typtype IN ('b', 'e', 'r', 'm')
   AND t.typnamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace);

CREATE OR REPLACE VIEW cartodb.pg_index WITH (security_barrier) AS
SELECT i.indexrelid, i.indrelid, i.indnatts, i.indisunique, i.indisprimary, i.indkey
  FROM pg_catalog.pg_index i JOIN cartodb.pg_class c ON c.oid = i.indrelid;

CREATE OR REPLACE VIEW cartodb.pg_attrdef WITH (security_barrier) AS
SELECT d.oid, d.adrelid, d.adnum, pg_get_expr(d.adbin, d.adrelid) AS adbin
  FROM pg_catalog.pg_attrdef d JOIN cartodb.pg_class c ON c.oid = d.adrelid;

-- Whether everybody can read a table: by the key that everybody has.
CREATE OR REPLACE VIEW cartodb._cdb_public WITH (security_barrier) AS
SELECT c.oid, EXISTS (SELECT 1
                        FROM sandbox.api_keys k JOIN cartodb._cdb_schema s ON s.user_id = k.user_id
                       WHERE k.type = 'default' AND has_table_privilege(k.role::name, c.oid, 'SELECT')) AS is_public
  FROM cartodb.pg_class c;

GRANT SELECT ON cartodb.pg_namespace, cartodb.pg_class, cartodb.pg_attribute, cartodb.pg_type, cartodb.pg_index,
                cartodb.pg_attrdef, cartodb._cdb_schema, cartodb._cdb_public TO PUBLIC;

-- What the view shows of a default is text already.
CREATE OR REPLACE FUNCTION cartodb.pg_get_expr(expression text, relation oid) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path TO pg_catalog, public, pg_temp AS $$ SELECT expression $$;

CREATE OR REPLACE FUNCTION cartodb.format_type(type oid, modifier integer) RETURNS text
LANGUAGE sql STABLE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN cartodb.format_type(t.typelem, modifier) || '[]'
            ELSE coalesce((SELECT known.name FROM (VALUES
                     ('bool', 'boolean'), ('bpchar', 'character'), ('float4', 'real'), ('float8', 'double precision'),
                     ('int2', 'smallint'), ('int4', 'integer'), ('int8', 'bigint'), ('varbit', 'bit varying'),
                     ('varchar', 'character varying'), ('time', 'time without time zone'), ('timetz', 'time with time zone'),
                     ('timestamp', 'timestamp without time zone'), ('timestamptz', 'timestamp with time zone')
                   ) AS known (internal, name) WHERE known.internal = t.typname), quote_ident(t.typname))
                 || CASE WHEN modifier IS NULL OR modifier < 0 THEN ''
                         WHEN t.typname IN ('varchar', 'bpchar') THEN format('(%s)', modifier - 4)
                         WHEN t.typname = 'numeric' THEN format('(%s,%s)', (modifier - 4) >> 16, (modifier - 4) & 65535)
                         WHEN t.typname = 'geometry' THEN
                           format('(%s,%s)', public.postgis_typmod_type(modifier), public.postgis_typmod_srid(modifier))
                         ELSE '' END END
  FROM cartodb.pg_type t WHERE t.oid = type $$;

-- None: a program that took one number of the sequence and counted on by itself would take those that others get.
CREATE OR REPLACE FUNCTION cartodb.pg_get_serial_sequence("table" text, "column" text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path TO pg_catalog, public, pg_temp AS $$ SELECT NULL::text $$;

-- The least that programs count on when they ask which PostGIS writes geometries. What the server runs on is nobody's business.
CREATE OR REPLACE FUNCTION cartodb.postgis_version() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path TO pg_catalog, public, pg_temp AS $$ SELECT '3.0 USE_GEOS=1 USE_PROJ=1 USE_STATS=1'::text $$;
