//! How the server is asked for boxes around rows of lines and areas: a tile leaves out shapes that are too small for it, so that
//! each row comes once more, as a point with the boxes as text. What the text means is said in `vector`, which reads it.

/// The column of their text.
pub const KEY: &str = "carto_boxes";

/// What is selected beside columns of the query.
pub const SELECTED: &str = "carto_boxes,carto_shape AS the_geom_webmercator";

/// What follows the query, which is called `carto_vector`: `g` is the row in units of the tile, which has 1024 in a pixel, and `e` the tile with two pixels
/// around it. `!bbox!` may be larger than the tile, but has its middle. A row within `e` that is not larger than 64 pixels
/// has one box, and others have one more in each square of about that size. A square is a pixel larger on all sides, so that
/// nothing is lost between two. Where a part cannot be cut out, as of areas that are not valid, `?` is a box that nobody can read.
pub const JOINED: &str = "\
,LATERAL(SELECT NULL AS carto_boxes,carto_vector.the_geom_webmercator AS carto_shape UNION ALL \
SELECT b,ST_SetSRID(ST_Point(l+65536*u,t-65536*u),3857)FROM(\
SELECT*,(SELECT string_agg(coalesce(floor(a)||' '||floor(b)||' '||(ceil(c-a)+1)||' '||(ceil(d-b)+1)||' '||floor(ST_XMin(r)-a-b)||' '||floor(c-b-ST_YMax(r))||' '||floor(ST_YMin(r)-a+d)||' '||floor(c+d-ST_XMax(r)),'?'),' ')FROM(\
SELECT*,ST_XMin(p)AS a,ST_YMin(p)AS b,ST_XMax(p)AS c,ST_YMax(p)AS d,ST_Affine(p,1,1,1,-1,0,0)AS r FROM(\
SELECT g AS p UNION ALL SELECT ST_ClipByBox2D(k,ST_MakeEnvelope(i-1024,j-1024,i+67584,j+67584))FROM(SELECT CASE WHEN ST_IsValid(g)THEN ST_ClipByBox2D(g,e)END AS k OFFSET 0)AS k,\
generate_series(-2048,264191,66560)AS i,generate_series(-2048,264191,66560)AS j WHERE m)AS p OFFSET 0)AS p WHERE ST_IsEmpty(p)IS NOT TRUE HAVING count(*)>1 OR NOT m)AS b FROM(\
SELECT*,NOT g@e OR greatest(ST_XMax(g)-ST_XMin(g),ST_YMax(g)-ST_YMin(g))>65536 AS m FROM(\
SELECT*,ST_TransScale(carto_vector.the_geom_webmercator,-l,-t,1/u,-1/u)AS g,ST_MakeEnvelope(-2048,-2048,264192,264192,3857)AS e FROM(\
SELECT(ST_XMin(!bbox!)+ST_XMax(!bbox!))/2-128*!pixel_width! AS l,(ST_YMin(!bbox!)+ST_YMax(!bbox!))/2+128*!pixel_width! AS t,!pixel_width!/1024 AS u)AS a OFFSET 0)AS a \
WHERE g&&e)AS a OFFSET 0)AS a WHERE b IS NOT NULL)AS carto_row \
WHERE carto_vector.the_geom_webmercator&&ST_Expand(!bbox!,64*!pixel_width!)";
