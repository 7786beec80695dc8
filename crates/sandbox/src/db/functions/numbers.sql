-- Classes of numbers, and times as numbers.

-- Each class has as many values as the others, as far as that goes.
CREATE OR REPLACE FUNCTION cartodb.CDB_QuantileBins(in_array numeric[], breaks integer) RETURNS numeric[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT array_agg(sorted.list[((i * cardinality(sorted.list) + breaks - 1) / breaks)::integer] ORDER BY i)
  FROM (SELECT array_agg(v ORDER BY v) AS list FROM unnest(in_array) AS v WHERE v IS NOT NULL) AS sorted,
       generate_series(1, least(breaks, 1000)::bigint) AS i
 WHERE sorted.list IS NOT NULL $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_EqualIntervalBins(in_array numeric[], breaks integer) RETURNS numeric[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT array_agg(CASE WHEN i = breaks THEN high ELSE low + i * (high - low) / breaks END ORDER BY i)
  FROM (SELECT min(v) AS low, max(v) AS high FROM unnest(in_array) AS v) AS range,
       generate_series(1, least(breaks, 1000)) AS i
 WHERE range.low IS NOT NULL $$;

-- The mean of all values, then the mean of those above it, and so on.
CREATE OR REPLACE FUNCTION cartodb.CDB_HeadsTailsBins(in_array numeric[], breaks integer) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  bins numeric[] := '{}';
  mean numeric;
BEGIN
  FOR i IN 1..least(breaks, 1000) LOOP
    SELECT avg(v) INTO mean FROM unnest(in_array) AS v WHERE i = 1 OR v > bins[i - 1];
    EXIT WHEN mean IS NULL OR mean = bins[i - 1];
    bins := bins || mean;
  END LOOP;
  RETURN nullif(bins, '{}');
END $$;

-- Natural breaks: the classes whose values differ least from their means. Of many values so many groups are made first.
-- The best end of the last class but one moves up with the end of the last one, which halves the search again and again.
CREATE OR REPLACE FUNCTION cartodb.CDB_JenksBins(in_array numeric[], breaks integer, iterations integer DEFAULT 0,
  invert boolean DEFAULT false) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  lows numeric[];
  highs numeric[];
  -- Sums over the first groups: how many, their values, their squares. The first element is of none.
  weights double precision[];
  sums double precision[];
  squares double precision[];
  n integer;
  costs double precision[];
  next_costs double precision[];
  ends integer[] := '{}';
  -- Ranges that are still to be searched: ends of the last class, and where it may begin.
  todo integer[];
  low integer; high integer; first integer; last integer;
  middle integer; best integer; best_cost double precision; cost double precision;
  w double precision; s double precision;
  bins numeric[] := '{}';
  at integer;
BEGIN
  IF breaks < 1 OR breaks > 100 THEN
    RAISE invalid_parameter_value USING MESSAGE = 'There can be 1 to 100 classes';
  END IF;
  WITH distinct_values AS (
    SELECT v, count(*) AS times FROM unnest(in_array) AS v WHERE v IS NOT NULL AND v <> 'NaN' GROUP BY v
  ), grouped AS (
    SELECT min(v) AS low, max(v) AS high, sum(times)::double precision AS w, sum(v * times)::double precision AS s,
           sum(v * v * times)::double precision AS q
      FROM (SELECT v, times, ntile(1500) OVER (ORDER BY v) AS part FROM distinct_values) AS parts GROUP BY part
  )
  SELECT array_agg(g.low ORDER BY g.low), array_agg(g.high ORDER BY g.low),
         0 || array_agg(g.w ORDER BY g.low), 0 || array_agg(g.s ORDER BY g.low), 0 || array_agg(g.q ORDER BY g.low)
    INTO lows, highs, weights, sums, squares
    FROM (SELECT grouped.low, grouped.high, sum(grouped.w) OVER up AS w, sum(grouped.s) OVER up AS s, sum(grouped.q) OVER up AS q
            FROM grouped WINDOW up AS (ORDER BY grouped.low)) AS g;
  n := coalesce(cardinality(lows), 0);
  IF n <= breaks THEN
    RETURN CASE WHEN invert THEN lows ELSE highs END;
  END IF;
  FOR i IN 1..n LOOP
    costs[i] := squares[i + 1] - sums[i + 1] ^ 2 / weights[i + 1];
  END LOOP;
  -- For each number of classes and each end, where the last class begins: behind which group.
  FOR class IN 2..breaks LOOP
    next_costs := array_fill('infinity'::double precision, ARRAY[n]);
    ends := ends || array_fill(0, ARRAY[n]);
    todo := ARRAY[class, n, class - 1, n - 1];
    WHILE cardinality(todo) > 0 LOOP
      at := cardinality(todo);
      low := todo[at - 3]; high := todo[at - 2]; first := todo[at - 1]; last := todo[at];
      todo := trim_array(todo, 4);
      CONTINUE WHEN low > high;
      middle := (low + high) / 2;
      best_cost := 'infinity';
      best := first;
      FOR start IN first..least(last, middle - 1) LOOP
        w := weights[middle + 1] - weights[start + 1];
        s := sums[middle + 1] - sums[start + 1];
        cost := costs[start] + squares[middle + 1] - squares[start + 1] - s * s / w;
        IF cost < best_cost THEN
          best_cost := cost;
          best := start;
        END IF;
      END LOOP;
      next_costs[middle] := best_cost;
      ends[(class - 2) * n + middle] := best;
      todo := todo || ARRAY[low, middle - 1, first, best] || ARRAY[middle + 1, high, best, last];
    END LOOP;
    costs := next_costs;
  END LOOP;
  at := n;
  FOR class IN REVERSE breaks..1 LOOP
    best := CASE WHEN class = 1 THEN 0 ELSE ends[(class - 2) * n + at] END;
    bins := (CASE WHEN invert THEN lows[best + 1] ELSE highs[at] END) || bins;
    at := best;
  END LOOP;
  RETURN bins;
END $$;

-- The value that is there most often; the least one of several.
CREATE OR REPLACE FUNCTION cartodb._cdb_math_mode(list anycompatiblearray) RETURNS anycompatible
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT v FROM unnest(list) AS v WHERE v IS NOT NULL GROUP BY v ORDER BY count(*) DESC, v LIMIT 1 $$;

CREATE OR REPLACE AGGREGATE cartodb.CDB_Math_Mode(anycompatible) (
  SFUNC = pg_catalog.array_append, STYPE = anycompatiblearray, INITCOND = '{}', FINALFUNC = cartodb._cdb_math_mode);

-- Seconds since 1970.
CREATE OR REPLACE FUNCTION cartodb.CDB_DateToNumber(input timestamp) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT floor(extract(epoch FROM input))::bigint $$;

CREATE OR REPLACE FUNCTION cartodb.CDB_DateToNumber(input timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
SELECT floor(extract(epoch FROM input))::bigint $$;

-- What is no date is null.
CREATE OR REPLACE FUNCTION cartodb.CDB_StringToDate(input text) RETURNS timestamp
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path TO pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN input::timestamp;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
  RETURN NULL;
END $$;
