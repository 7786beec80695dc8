//! How the server is asked for boxes around rows of lines and areas: a tile leaves out shapes that are too small for it, so that
//! each row comes once more, as a point with the boxes as text. What the text means is said in `vector`, which reads it.

/// The column of the text. Among the columns of tiles it stands for the boxes, too.
pub const BOXES: &str = "carto_boxes";

/// What is selected beside columns of the query, which is called `carto_vector`.
pub const SELECTED: &str = "carto_row.carto_boxes,carto_row.g AS the_geom_webmercator";

/// What follows that query. `!bbox!` may be larger than the tile, but has its middle. A row that is in the tile and not larger
/// than 64 pixels has one box; others have one more in each square of that size, and as a square is a pixel larger on
/// all sides, nothing is lost between two. Where a part cannot be cut out, `?` is a box that nobody can read.
pub const JOINED: &str = "\
,LATERAL(SELECT NULL AS carto_boxes,carto_vector.the_geom_webmercator AS g UNION ALL SELECT b,ST_SetSRID(ST_MakePoint(l+u*greatest(1024,least(261120,x)),t-u*greatest(1024,least(261120,y))),3857)FROM(\
SELECT*,(SELECT string_agg(coalesce(floor((ST_XMin(p)-l)/u)||' '||floor((t-ST_YMax(p))/u)||' '||(ceil((ST_XMax(p)-ST_XMin(p))/u)+1)||' '||(ceil((ST_YMax(p)-ST_YMin(p))/u)+1)\
||' '||floor((ST_XMin(r)-ST_XMin(p)+ST_YMax(p))/u)||' '||floor((ST_XMax(p)+ST_YMax(p)-ST_YMax(r))/u)||' '||floor((ST_YMin(r)-ST_XMin(p)-ST_YMin(p))/u)||' '||floor((ST_XMax(p)-ST_YMin(p)-ST_XMax(r))/u),'?'),' ')FROM(SELECT*,ST_Affine(p,1,-1,1,1,0,0)AS r FROM(SELECT g AS p UNION ALL \
SELECT ST_ClipByBox2D(c,ST_MakeEnvelope(l+u*(i-1024),t-u*(j-1024),l+u*(i+66560),t-u*(j+66560),3857))FROM(SELECT ST_ClipByBox2D(g,ST_MakeEnvelope(l-4096*u,t+4096*u,l+266240*u,t-266240*u,3857))AS c OFFSET 0)AS c,\
generate_series(greatest(x,-2048)::int,least(x+w,264192)::int,65536)AS i,generate_series(greatest(y,-2048)::int,least(y+h,264192)::int,65536)AS j WHERE m)AS p OFFSET 0)AS p WHERE ST_IsEmpty(p)IS NOT TRUE HAVING count(*)>1 OR NOT m)AS b FROM(\
SELECT*,x<-2048 OR y<-2048 OR x+w>264192 OR y+h>264192 OR w>65536 OR h>65536 AS m FROM(\
SELECT*,floor((ST_XMin(g)-l)/u)AS x,floor((t-ST_YMax(g))/u)AS y,ceil((ST_XMax(g)-ST_XMin(g))/u)+1 AS w,ceil((ST_YMax(g)-ST_YMin(g))/u)+1 AS h FROM(\
SELECT carto_vector.the_geom_webmercator AS g,(ST_XMin(!bbox!)+ST_XMax(!bbox!))/2-128*!pixel_width! AS l,(ST_YMin(!bbox!)+ST_YMax(!bbox!))/2+128*!pixel_width! AS t,!pixel_width!/1024 AS u)AS a OFFSET 0)AS a \
WHERE x+w>=-2048 AND y+h>=-2048 AND x<=264192 AND y<=264192)AS a OFFSET 0)AS a WHERE b IS NOT NULL)AS carto_row \
WHERE carto_vector.the_geom_webmercator&&ST_Expand(!bbox!,64*!pixel_width!)";
