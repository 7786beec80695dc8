-- Makes a dataset of a table: a number for each row, a geometry in degrees, and the one that maps draw. All of it is done with
-- the rights of whoever calls.

-- The geometry of maps follows the one in degrees.
CREATE OR REPLACE FUNCTION cartodb._cdb_update_the_geom_webmercator() RETURNS trigger
LANGUAGE plpgsql SET search_path TO pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.the_geom_webmercator := {webmercator of NEW.the_geom};
  RETURN NEW;
END $$;

-- A name like another one that no column of the table has.
CREATE OR REPLACE FUNCTION cartodb._cdb_free_name(tab oid, wanted text) RETURNS text
LANGUAGE sql STABLE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT free.name FROM generate_series(1, 1600) AS n, LATERAL (SELECT format('%s_%s', wanted, n) AS name) AS free
 WHERE NOT EXISTS (SELECT 1 FROM cartodb.pg_attribute a WHERE a.attrelid = tab AND a.attname = free.name)
 ORDER BY n LIMIT 1 $$;

-- A column of numbers that names rows: the one that there is, if it can, and a new one otherwise.
CREATE OR REPLACE FUNCTION cartodb._cdb_number_rows(tab oid, qualified text) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  kind text := cartodb.CDB_ColumnType(qualified, 'cartodb_id');
  has_key boolean;
  is_right boolean;
  relation text := (SELECT c.relname FROM cartodb.pg_class c WHERE c.oid = tab);
  sequence text;
BEGIN
  IF kind IN ('text', 'character varying', 'numeric', 'double precision', 'real') THEN
    -- What is no number ends it here, as it should.
    EXECUTE format('ALTER TABLE %s ALTER cartodb_id DROP DEFAULT, ALTER cartodb_id TYPE bigint USING cartodb_id::bigint', qualified);
    kind := 'bigint';
  END IF;
  IF kind IN ('smallint', 'integer', 'bigint') THEN
    EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM %1$s WHERE cartodb_id IS NULL OR cartodb_id = 0)
                       AND NOT EXISTS (SELECT 1 FROM %1$s GROUP BY cartodb_id HAVING count(*) > 1)', qualified) INTO is_right;
  END IF;
  IF kind IS NOT NULL AND NOT coalesce(is_right, false) THEN
    EXECUTE format('ALTER TABLE %s RENAME cartodb_id TO %I', qualified, cartodb._cdb_free_name(tab, 'cartodb_id'));
    kind := NULL;
  END IF;
  IF kind IS NULL THEN
    EXECUTE format('ALTER TABLE %s ADD COLUMN cartodb_id bigserial NOT NULL', qualified);
  ELSE
    EXECUTE format('ALTER TABLE %s ALTER cartodb_id SET NOT NULL', qualified);
    -- An identity counts by itself, and has a sequence that belongs to nothing else.
    IF NOT EXISTS (SELECT 1 FROM cartodb.pg_attribute a
                    WHERE a.attrelid = tab AND a.attname = 'cartodb_id' AND (a.atthasdef OR a.attidentity <> '')) THEN
      sequence := format('%I.%I', (parse_ident(qualified))[1], left(relation, 40) || '_cartodb_id_seq');
      EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %s', sequence);
      EXECUTE format('ALTER SEQUENCE %s OWNED BY %s.cartodb_id', sequence, qualified);
      EXECUTE format('SELECT setval(%L, greatest(max(cartodb_id), 0) + 1, false) FROM %s', sequence, qualified);
      EXECUTE format('ALTER TABLE %s ALTER cartodb_id SET DEFAULT nextval(%L)', qualified, sequence);
    END IF;
  END IF;
  SELECT bool_or(i.indisprimary OR i.indisunique AND i.indnatts = 1
                 AND i.indkey[0] = (SELECT a.attnum FROM cartodb.pg_attribute a WHERE a.attrelid = tab AND a.attname = 'cartodb_id'))
    INTO has_key FROM cartodb.pg_index i WHERE i.indrelid = tab;
  IF NOT coalesce(has_key, false) THEN
    EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (cartodb_id)', qualified);
  ELSIF NOT EXISTS (SELECT 1 FROM cartodb.pg_index i JOIN cartodb.pg_attribute a ON a.attrelid = tab AND a.attname = 'cartodb_id'
                     WHERE i.indrelid = tab AND i.indisunique AND i.indnatts = 1 AND i.indkey[0] = a.attnum) THEN
    -- Another key stays: other tables may lean on it.
    EXECUTE format('CREATE UNIQUE INDEX ON %s (cartodb_id)', qualified);
  END IF;
END $$;

-- Brings a geometry into a reference system.
CREATE OR REPLACE FUNCTION cartodb._cdb_in_system(geom public.geometry, srid integer) RETURNS public.geometry
LANGUAGE sql STABLE STRICT SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT CASE public.ST_SRID(geom) WHEN srid THEN geom WHEN 0 THEN public.ST_SetSRID(geom, srid)
                                 ELSE public.ST_Transform(geom, srid) END $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_CartodbfyTable(table_name text) RETURNS text
LANGUAGE plpgsql SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  tab constant oid := cartodb._cdb_table(table_name);
  qualified text;
  kind text;
  other text;
  shown text;
  is_new boolean := false;
  wanted record;
BEGIN
  SELECT format('%I.%I', n.nspname, c.relname), c.relname INTO qualified, shown
    FROM cartodb.pg_class c JOIN cartodb.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = tab AND c.relkind IN ('r', 'p');
  IF qualified IS NULL THEN
    RAISE wrong_object_type USING MESSAGE = format('"%s" is not a table', table_name);
  END IF;
  PERFORM cartodb._cdb_number_rows(tab, qualified);
  FOR wanted IN SELECT * FROM (VALUES (1, 'the_geom', 4326, 'the_geom_webmercator'),
                                      (2, 'the_geom_webmercator', 3857, 'the_geom')) AS columns (number, name, srid, twin)
                ORDER BY number LOOP
    kind := cartodb.CDB_ColumnType(qualified, wanted.name);
    IF kind IN ('text', 'character varying') THEN
      EXECUTE format('ALTER TABLE %s ALTER %I TYPE public.geometry(Geometry, %s) USING cartodb._cdb_in_system(nullif(%2$I, '''')::public.geometry, %3$s)',
                     qualified, wanted.name, wanted.srid);
      kind := 'geometry';
      is_new := is_new OR wanted.number = 1;
    ELSIF kind = 'geometry' THEN
      IF NOT EXISTS (SELECT 1 FROM cartodb.pg_attribute a
                      WHERE a.attrelid = tab AND a.attname = wanted.name
                        AND a.atttypmod >= 0 AND public.postgis_typmod_srid(a.atttypmod) = wanted.srid) THEN
        EXECUTE format('ALTER TABLE %s ALTER %I TYPE public.geometry(Geometry, %s) USING cartodb._cdb_in_system(%2$I, %3$s)',
                       qualified, wanted.name, wanted.srid);
        is_new := is_new OR wanted.number = 1;
      END IF;
    ELSE
      IF kind IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s RENAME %I TO %I', qualified, wanted.name, cartodb._cdb_free_name(tab, wanted.name));
      END IF;
      EXECUTE format('ALTER TABLE %s ADD COLUMN %I public.geometry(Geometry, %s)', qualified, wanted.name, wanted.srid);
      -- The geometry that there is, under whatever name.
      SELECT a.attname INTO other
        FROM cartodb.pg_attribute a JOIN cartodb.pg_type t ON t.oid = a.atttypid
       WHERE a.attrelid = tab AND t.typname IN ('geometry', 'geography') AND a.attname <> wanted.name
       ORDER BY a.attname <> wanted.twin, a.attnum LIMIT 1;
      IF other IS NOT NULL AND wanted.number = 1 THEN
        EXECUTE format('UPDATE %s SET the_geom = cartodb._cdb_in_system(%I::public.geometry, 4326) WHERE the_geom IS NULL', qualified, other);
      END IF;
      is_new := true;
    END IF;
  END LOOP;
  EXECUTE format('DROP TRIGGER IF EXISTS update_the_geom_webmercator_trigger ON %s', qualified);
  EXECUTE format('CREATE TRIGGER update_the_geom_webmercator_trigger BEFORE INSERT OR UPDATE OF the_geom ON %s
                    FOR EACH ROW EXECUTE FUNCTION cartodb._cdb_update_the_geom_webmercator()', qualified);
  IF is_new THEN
    EXECUTE format('UPDATE %s SET the_geom = the_geom WHERE the_geom IS NOT NULL', qualified);
  END IF;
  FOR wanted IN SELECT a.attname, a.attnum FROM cartodb.pg_attribute a
                 WHERE a.attrelid = tab AND a.attname IN ('the_geom', 'the_geom_webmercator')
                   AND NOT EXISTS (SELECT 1 FROM cartodb.pg_index i WHERE i.indrelid = tab AND i.indkey[0] = a.attnum) LOOP
    EXECUTE format('CREATE INDEX ON %s USING gist (%I)', qualified, wanted.attname);
  END LOOP;
  RETURN shown;
END $$;

-- Accounts of organizations name the user first.
CREATE OR REPLACE FUNCTION cartodb.CDB_CartodbfyTable(destschema text, table_name text) RETURNS text
LANGUAGE sql SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT cartodb.CDB_CartodbfyTable(
         CASE WHEN cardinality(parse_ident(table_name)) = 1
              -- A schema is named as it is, a table as in SQL.
              THEN format('%I.%s', destschema, table_name) ELSE table_name END) $$;
