"""SQL, COPY and lists of datasets by CARTO's package for Python. Arguments: address of the user, master key."""

import io
import sys
import warnings

from carto.auth import APIKeyAuthClient
from carto.datasets import DatasetManager
from carto.exceptions import CartoException
from carto.sql import CopySQLClient, SQLClient

warnings.simplefilter("ignore")
address, key = sys.argv[1:]
auth = APIKeyAuthClient(address, key)
sql = SQLClient(auth)
copy = CopySQLClient(auth)


def rows(query):
    return sql.send(query)["rows"]


rows("CREATE TABLE of_python (cartodb_id serial PRIMARY KEY, name text)")
assert rows("SELECT CDB_CartodbfyTable('of_python') AS t") == [{"t": "of_python"}]
lines = [b"a\n", b"b c\n"] + [b"%d\n" % number for number in range(5000)]
done = copy.copyfrom_file_object("COPY of_python (name) FROM STDIN", io.BytesIO(b"".join(lines)))
assert done["total_rows"] == 5002, done
done = copy.copyfrom_file_object("COPY of_python (name) FROM STDIN", io.BytesIO(b"plain\n"), compress=False)
assert done["total_rows"] == 1, done
read = io.BytesIO()
copy.copyto_file_object("COPY (SELECT name FROM of_python ORDER BY cartodb_id LIMIT 2) TO STDOUT", read)
assert read.getvalue() == b"a\nb c\n", read.getvalue()
assert b"".join(copy.copyto_stream("COPY of_python (name) TO STDOUT")).startswith(b"a\nb c\n")
assert rows("SELECT count(*) AS n FROM public.of_python") == [{"n": 5003}]
geojson = sql.send("SELECT * FROM populated_places LIMIT 1", format="geojson")
assert geojson["features"][0]["geometry"]["type"] == "Point", geojson
csv = sql.send("SELECT cartodb_id, the_geom FROM populated_places LIMIT 1", parse_json=False, format="csv")
assert csv.startswith(b"the_geom,cartodb_id"), csv
datasets = DatasetManager(auth)
names = [dataset.name for dataset in datasets.all()]
assert "of_python" in names and "private_places" in names and len(names) == len(set(names)), names
assert datasets.get("populated_places").privacy == "PUBLIC"
assert datasets.get("of_python").table.name == "of_python"
rows("DROP TABLE of_python")
try:
    rows("SELECT * FROM of_python")
    raise SystemExit("a table that is gone can be read")
except CartoException as error:
    assert "of_python" in str(error), error
