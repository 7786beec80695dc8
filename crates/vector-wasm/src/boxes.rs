//! How the server is asked for boxes around rows of lines and areas: a tile leaves out shapes that are too small for it, so that
//! each row comes once more, as a point with the boxes as text. What the text means is in `vector`, which reads it.

/// The column of the text. Among columns of tiles it stands for the boxes, too.
pub const BOXES: &str = "carto_boxes";

/// What is selected beside the columns of the query `carto_vector`.
pub const SELECTED: &str = "carto_row.carto_boxes,carto_row.g AS the_geom_webmercator";

/// What is behind that query. `!bbox!` may be larger than the tile, but has the same middle. A row that is in the tile and not
/// larger than 64 pixels has one box; of others there is one in each square of that size, and each square is larger by a
/// pixel, so that nothing is lost between two. Where a part cannot be cut out, `?` is no box.
pub const JOINED: &str = ",LATERAL(SELECT NULL AS carto_boxes,carto_vector.the_geom_webmercator AS g \
UNION ALL SELECT concat(concat_ws(' ',x,y,w,h),b),ST_SetSRID(ST_MakePoint(l+u*greatest(1024,least(261120,x)),t-u*greatest(1024,least(261120,y))),3857)FROM(\
SELECT*,CASE WHEN x<-2048 OR y<-2048 OR x+w>264192 OR y+h>264192 OR w>65536 OR h>65536 THEN(\
SELECT string_agg(CASE WHEN p IS NULL THEN' ?'WHEN NOT ST_IsEmpty(p)THEN concat_ws(' ','',floor((ST_XMin(p)-l)/u),floor((t-ST_YMax(p))/u),ceil((ST_XMax(p)-ST_XMin(p))/u)+1,ceil((ST_YMax(p)-ST_YMin(p))/u)+1)END,'')FROM(\
SELECT ST_ClipByBox2D(c,ST_MakeEnvelope(l+u*(i-1024),t-u*(j-1024),l+u*(i+66560),t-u*(j+66560),3857))AS p FROM(\
SELECT ST_ClipByBox2D(g,ST_MakeEnvelope(l-4096*u,t+4096*u,l+266240*u,t-266240*u,3857))AS c OFFSET 0)AS c,\
generate_series(greatest(x,-2048)::int,least(x+w,264192)::int,65536)AS i,generate_series(greatest(y,-2048)::int,least(y+h,264192)::int,65536)AS j OFFSET 0)AS p)\
ELSE''END AS b FROM(\
SELECT*,floor((ST_XMin(g)-l)/u)AS x,floor((t-ST_YMax(g))/u)AS y,ceil((ST_XMax(g)-ST_XMin(g))/u)+1 AS w,ceil((ST_YMax(g)-ST_YMin(g))/u)+1 AS h FROM(\
SELECT carto_vector.the_geom_webmercator AS g,(ST_XMin(!bbox!)+ST_XMax(!bbox!))/2-128*!pixel_width! AS l,(ST_YMin(!bbox!)+ST_YMax(!bbox!))/2+128*!pixel_width! AS t,!pixel_width!/1024 AS u)AS a OFFSET 0)AS a \
WHERE x+w>=-2048 AND y+h>=-2048 AND x<=264192 AND y<=264192 OFFSET 0)AS a WHERE b IS NOT NULL)AS carto_row \
WHERE carto_vector.the_geom_webmercator&&ST_Expand(!bbox!,64*!pixel_width!)";
