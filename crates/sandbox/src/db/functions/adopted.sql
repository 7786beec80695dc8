-- Geometries of tables that were there before: any reference system, any kind. What has no place on a map is null, so that whoever
-- writes such a table is not refused for the sake of the map.

CREATE OR REPLACE FUNCTION cartodb._cdb_degrees(geom public.geometry) RETURNS public.geometry
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path TO pg_catalog, public, pg_temp AS $$
BEGIN
  IF public.ST_SRID(geom) = 0 THEN
    RETURN NULL;
  END IF;
  RETURN public.ST_Transform(public.ST_CurveToLine(public.ST_Force2D(geom)), 4326);
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION cartodb._cdb_mercator(geom public.geometry) RETURNS public.geometry
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  degrees public.geometry;
BEGIN
  IF public.ST_SRID(geom) = 3857 THEN
    RETURN public.ST_CurveToLine(public.ST_Force2D(geom));
  END IF;
  degrees := cartodb._cdb_degrees(geom);
  RETURN {webmercator of degrees};
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;

-- The number of a row with a key that is no number: always the same one, and a number that JavaScript can hold.
CREATE OR REPLACE FUNCTION cartodb._cdb_number_of(key text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT ('x' || substr(md5(key), 1, 13))::bit(52)::bigint $$;
