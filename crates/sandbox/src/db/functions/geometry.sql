-- Points, tiles and grids.

CREATE OR REPLACE FUNCTION cartodb.CDB_LatLng(lat double precision, lng double precision) RETURNS public.geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT public.ST_SetSRID(public.ST_MakePoint(lng, lat), 4326) $$;

-- Metres of Web Mercator per pixel of a tile of 256 pixels.
CREATE OR REPLACE FUNCTION cartodb.CDB_XYZ_Resolution(z integer) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT 2 * pi() * 6378137 / 256 / power(2::double precision, z) $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_XYZ_Extent(x integer, y integer, z integer) RETURNS public.geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT public.ST_MakeEnvelope(x * side - half, half - (y + 1::double precision) * side,
                              (x + 1::double precision) * side - half, half - y * side, 3857)
  FROM (SELECT 256 * cartodb.CDB_XYZ_Resolution(z) AS side, 128 * cartodb.CDB_XYZ_Resolution(0) AS half) AS tile $$;

-- Scale denominators count with pixels of 0.28 mm.
CREATE OR REPLACE FUNCTION cartodb.CDB_ZoomFromScale(scaleDenominator numeric) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT CASE WHEN scaleDenominator > 600000000 THEN NULL
            WHEN scaleDenominator <= 0 THEN 29
            ELSE least(29, round(ln(559082264.028 / scaleDenominator) / ln(2.0)))::integer END $$;

-- Web Mercator ends before the poles: what lies beyond 89 degrees, or beyond the antimeridian, is cut off first.
CREATE OR REPLACE FUNCTION cartodb.CDB_TransformToWebmercator(geom public.geometry) RETURNS public.geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  world constant public.geometry := public.ST_MakeEnvelope(-180, -89, 180, 89, 4326);
  degrees public.geometry;
  cut public.geometry;
BEGIN
  IF public.ST_SRID(geom) = 3857 THEN
    RETURN geom;
  END IF;
  degrees := public.ST_Transform(geom, 4326);
  IF NOT (world OPERATOR(public.~) degrees) THEN
    cut := public.ST_CollectionExtract(public.ST_Intersection(public.ST_MakeValid(degrees), world),
                                       public.ST_Dimension(degrees) + 1);
    IF public.ST_IsEmpty(cut) THEN
      RETURN NULL;
    END IF;
    degrees := CASE WHEN public.GeometryType(degrees) LIKE 'MULTI%' THEN public.ST_Multi(cut) ELSE cut END;
  END IF;
  RETURN public.ST_Transform(degrees, 3857);
EXCEPTION WHEN internal_error THEN
  -- PostGIS gives up on shapes that are none: there is nothing to draw.
  IF public.ST_SRID(geom) = 0 THEN
    RAISE;
  END IF;
  RETURN NULL;
END $$;

-- Corners lie to the right and to the left of the centre, and four between them.
CREATE OR REPLACE FUNCTION cartodb.CDB_MakeHexagon(center public.geometry, radius double precision) RETURNS public.geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT public.ST_SetSRID(public.ST_MakePolygon(public.ST_MakeLine(ARRAY(
         SELECT public.ST_MakePoint(public.ST_X(center) + corner.x * radius, public.ST_Y(center) + corner.y * radius * sqrt(3) / 2)
           FROM (VALUES (1, -1.0, 0.0), (2, -0.5, 1.0), (3, 0.5, 1.0), (4, 1.0, 0.0), (5, 0.5, -1.0), (6, -0.5, -1.0),
                        (7, -1.0, 0.0)) AS corner (number, x, y)
          ORDER BY corner.number))), public.ST_SRID(center)) $$;

-- Checks what grids are asked for, and gives the corners of the extent as seen from the origin.
CREATE OR REPLACE FUNCTION cartodb._cdb_grid(ext public.geometry, width double precision, height double precision,
  origin public.geometry, OUT west double precision, OUT south double precision, OUT east double precision,
  OUT north double precision, OUT x double precision, OUT y double precision)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
BEGIN
  IF origin IS NOT NULL AND public.ST_SRID(ext) <> public.ST_SRID(origin) THEN
    RAISE invalid_parameter_value USING MESSAGE = format('SRID mismatch between extent (%s) and origin (%s)',
      public.ST_SRID(ext), public.ST_SRID(origin));
  END IF;
  IF NOT (width > 0 AND height > 0) OR width = 'infinity' OR height = 'infinity' THEN
    RAISE invalid_parameter_value USING MESSAGE = 'The sides of cells must be greater than 0';
  END IF;
  x := coalesce(public.ST_X(origin), 0);
  y := coalesce(public.ST_Y(origin), 0);
  west := public.ST_XMin(ext) - x;
  south := public.ST_YMin(ext) - y;
  east := public.ST_XMax(ext) - x;
  north := public.ST_YMax(ext) - y;
  IF (east - west) / width * ((north - south) / height) > 262144 THEN
    RAISE program_limit_exceeded USING MESSAGE = 'The requested grid is too big to be rendered';
  END IF;
END $$;

-- Cells in columns; every other column is half a cell higher. Corners are counted from the origin, so that cells share them.
CREATE OR REPLACE FUNCTION cartodb.CDB_HexagonGrid(ext public.geometry, side double precision, origin public.geometry DEFAULT NULL)
RETURNS SETOF public.geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT public.ST_SetSRID(public.ST_MakePolygon(public.ST_MakeLine(ARRAY[
         public.ST_MakePoint(g.x + (3 * i - 2) * half, g.y + j * rise),
         public.ST_MakePoint(g.x + (3 * i - 1) * half, g.y + (j + 1) * rise),
         public.ST_MakePoint(g.x + (3 * i + 1) * half, g.y + (j + 1) * rise),
         public.ST_MakePoint(g.x + (3 * i + 2) * half, g.y + j * rise),
         public.ST_MakePoint(g.x + (3 * i + 1) * half, g.y + (j - 1) * rise),
         public.ST_MakePoint(g.x + (3 * i - 1) * half, g.y + (j - 1) * rise),
         public.ST_MakePoint(g.x + (3 * i - 2) * half, g.y + j * rise)])), public.ST_SRID(ext))
  FROM (SELECT side / 2 AS half, side * sqrt(3) / 2 AS rise) AS cell,
       cartodb._cdb_grid(ext, side * 1.5, side * sqrt(3), origin) AS g,
       generate_series(ceil(g.west / (3 * half))::bigint, ceil(g.east / (3 * half))::bigint) AS i,
       generate_series(ceil(g.south / rise)::bigint, ceil(g.north / rise)::bigint) AS j
 WHERE (i + j) % 2 = 0 AND i * 3 * half < g.east AND j * rise < g.north $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_RectangleGrid(ext public.geometry, width double precision, height double precision,
  origin public.geometry DEFAULT NULL) RETURNS SETOF public.geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT public.ST_MakeEnvelope(g.x + (i - 0.5) * width, g.y + (j - 0.5) * height,
                              g.x + (i + 0.5) * width, g.y + (j + 0.5) * height, public.ST_SRID(ext))
  FROM cartodb._cdb_grid(ext, width, height, origin) AS g,
       generate_series(ceil(g.west / width)::bigint, ceil(g.east / width)::bigint) AS i,
       generate_series(ceil(g.south / height)::bigint, ceil(g.north / height)::bigint) AS j
 WHERE i * width < g.east AND j * height < g.north $$;

-- The shortest way on the globe; one across the antimeridian has two parts.
CREATE OR REPLACE FUNCTION cartodb.CDB_GreatCircle(start_point public.geometry, end_point public.geometry,
  max_segment_length numeric DEFAULT 100000) RETURNS public.geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  line public.geography := public.ST_MakeLine(start_point, end_point)::public.geography;
  way public.geometry;
BEGIN
  IF NOT max_segment_length > 0 OR public.ST_Length(line) / max_segment_length > 100000 THEN
    RAISE program_limit_exceeded USING MESSAGE = 'The length of segments is too small';
  END IF;
  way := public.ST_Segmentize(line, max_segment_length::double precision)::public.geometry;
  IF EXISTS (SELECT 1 FROM (SELECT public.ST_X(p.geom) - lag(public.ST_X(p.geom)) OVER (ORDER BY p.path) AS step
                              FROM public.ST_DumpPoints(way) AS p) AS steps
              WHERE abs(steps.step) > 180) THEN
    way := public.ST_WrapX(public.ST_ShiftLongitude(way), 180, -360);
  END IF;
  RETURN way;
END $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_Great_Circle(start_point public.geometry, end_point public.geometry,
  max_segment_length numeric DEFAULT 100000) RETURNS public.geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT cartodb.CDB_GreatCircle(start_point, end_point, max_segment_length) $$;
