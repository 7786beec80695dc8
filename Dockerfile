# The server for a PostgreSQL database with PostGIS. It has no Node.js, and so neither the embedded database nor the demo.
#
#   docker build --tag carto-sandbox .
#   docker run --init -p 8182:8182 -e DATABASE_URL carto-sandbox
FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release -p carto-sandbox

FROM debian:bookworm-slim
COPY --from=build /src/target/release/carto-sandbox /usr/local/bin/
COPY --from=build /src/LICENSE-APACHE /src/LICENSE-MIT /usr/share/doc/carto-sandbox/
# Debian's `nobody`, by number: who checks that it is not root cannot look up names.
USER 65534:65534
EXPOSE 8182
ENTRYPOINT ["carto-sandbox"]
CMD ["serve", "--listen", "0.0.0.0:8182"]
