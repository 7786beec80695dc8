"""SQL, COPY, datasets and imports by CARTO's package for Python. Arguments: address of the user, master key."""

import io
import os
import sys
import tempfile
import warnings

import carto.datasets
from carto.auth import APIKeyAuthClient
from carto.datasets import DatasetManager
from carto.exceptions import CartoException
from carto.file_import import FileImportJobManager
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

# Ten seconds between two looks are too long for a test; the package makes small letters of paths.
carto.datasets.INTERVAL_BETWEEN_RETRIES_S = 0.05
os.chdir(tempfile.mkdtemp())
with open("towns_of_python.csv", "w") as file:
    file.write("name,lat,lon\nVik,63.4,-19\nNowhere,x,7\n")
made = datasets.create("towns_of_python.csv", collision_strategy="overwrite", privacy="private")
assert (made.name, made.privacy, made.table.row_count) == ("towns_of_python", "PRIVATE", 2), made.name
assert rows("SELECT name, the_geom IS NULL AS lost FROM towns_of_python ORDER BY name") == [
    {"name": "Nowhere", "lost": True},
    {"name": "Vik", "lost": False},
]
job = FileImportJobManager(auth).create("towns_of_python.csv")
job.run(collision_strategy="skip")
job.refresh()
while job.state not in ("complete", "failure"):
    job.refresh()
assert (job.state, job.table_name, job.tables_created_count) == ("complete", "towns_of_python", 0), job.state
made.privacy = "PUBLIC"
made.save()
assert datasets.get("towns_of_python").privacy == "PUBLIC"
made.delete()
assert "towns_of_python" not in [dataset.name for dataset in datasets.all()]
with open("towns.doc", "w") as file:
    file.write("x")
try:
    datasets.create("towns.doc")
    raise SystemExit("a file of no known kind is imported")
except CartoException as error:
    assert "failed import" in str(error), error
