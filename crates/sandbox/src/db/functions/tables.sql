-- Functions about the user's tables.

-- The number of a table that is named as in SQL: alone, behind `public` or behind the user's schema.
CREATE OR REPLACE FUNCTION cartodb._cdb_table(name text) RETURNS oid
LANGUAGE plpgsql STABLE SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  parts text[] := parse_ident(name);
  found oid;
BEGIN
  SELECT c.oid INTO found
    FROM cartodb.pg_class c, cartodb._cdb_schema s
   WHERE c.relname = parts[cardinality(parts)]
     AND (cardinality(parts) = 1 OR cardinality(parts) = 2 AND parts[1] IN ('public', s.schema_name));
  IF found IS NULL THEN
    RAISE undefined_table USING MESSAGE = format('relation "%s" does not exist', name);
  END IF;
  RETURN found;
END $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_ColumnNames(table_name text) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT a.attname::text FROM cartodb.pg_attribute a
 WHERE a.attrelid = cartodb._cdb_table(table_name) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_ColumnType(table_name text, column_name text) RETURNS text
LANGUAGE sql STABLE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT cartodb.format_type(a.atttypid, NULL) FROM cartodb.pg_attribute a
 WHERE a.attrelid = cartodb._cdb_table(table_name) AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_UserTables(perm text DEFAULT 'all') RETURNS SETOF name
LANGUAGE sql STABLE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT c.relname FROM cartodb.pg_class c JOIN cartodb._cdb_public p ON p.oid = c.oid
 WHERE CASE perm WHEN 'all' THEN true WHEN 'public' THEN p.is_public WHEN 'private' THEN NOT p.is_public ELSE false END
 ORDER BY c.relname $$;

-- What GDAL asks when it has no key.
CREATE OR REPLACE FUNCTION cartodb.ogr_table_metadata(schema_name text, table_name text)
RETURNS TABLE (attname text, typname text, attlen integer, format_type text, attnum integer, attnotnull boolean,
               indisprimary boolean, defaultexpr text, dim integer, srid integer, geomtyp text, srtext text)
LANGUAGE sql STABLE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT a.attname::text, t.typname::text, a.attlen::integer, cartodb.format_type(a.atttypid, a.atttypmod), a.attnum::integer,
       a.attnotnull, i.indisprimary, d.adbin,
       CASE WHEN t.typname = 'geometry' THEN public.postgis_typmod_dims(a.atttypmod) END,
       CASE WHEN t.typname = 'geometry' THEN public.postgis_typmod_srid(a.atttypmod) END,
       CASE WHEN t.typname = 'geometry' THEN public.postgis_typmod_type(a.atttypmod)::text END,
       r.srtext::text
  FROM cartodb.pg_class c
       JOIN cartodb.pg_namespace n ON n.oid = c.relnamespace
       JOIN cartodb.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       JOIN cartodb.pg_type t ON t.oid = a.atttypid
       LEFT JOIN cartodb.pg_index i ON i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)
       LEFT JOIN cartodb.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       LEFT JOIN public.spatial_ref_sys r ON t.typname = 'geometry' AND r.srid = public.postgis_typmod_srid(a.atttypmod)
 WHERE c.relname = table_name AND schema_name IN (n.nspname, 'public')
 ORDER BY a.attnum $$;
