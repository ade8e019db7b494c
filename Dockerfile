# The shop in one image: both databases, no development chain, no shell.
#
#   docker build -t holdfast .        or, without a daemon, bin/image

FROM docker.io/library/rust:1.95-slim-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev libmariadb-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The root package alone: the whole workspace would switch the features of its tests on.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package holdfast --no-default-features --features mariadb \
 && install -D -m 755 target/release/holdfast /image/usr/local/bin/holdfast

# What the binary is linked with, the names of its users, and where names of hosts come from.
RUN set -eu; cd /image; \
    ldd usr/local/bin/holdfast | grep -o '/[^ ]*' | sort -u | while read -r library; do \
        install -D -m 755 "$(readlink -f "$library")" "./$library"; \
    done; \
    install -d -m 755 etc; \
    printf '%s\n' 'root:x:0:0:root:/:/nologin' \
        'holdfast-web:x:61001:61000::/:/nologin' \
        'holdfast-escrow:x:61002:61000::/:/nologin' \
        'holdfast-courier:x:61003:61000::/:/nologin' > etc/passwd; \
    printf '%s\n' 'root:x:0:' 'holdfast:x:61000:' > etc/group; \
    echo 'hosts: files dns' > etc/nsswitch.conf; \
    install -D -m 644 /src/LICENSE usr/share/doc/holdfast/LICENSE; \
    install -d -m 755 data; \
    for role in web escrow courier; do install -d "/$role"; install -d -m 2750 "/$role/$role"; done

FROM scratch
COPY --from=build /image/ /
# A folder for each role. What they lie in is root's, so that no role can put anything beside its own.
COPY --from=build --chown=61001:61000 /web/ /data/
COPY --from=build --chown=61002:61000 /escrow/ /data/
COPY --from=build --chown=61003:61000 /courier/ /data/
VOLUME /data
ENV DB_DSN=sqlite:/data LISTEN=0.0.0.0:8080 SECRET_FILE=/run/secrets/holdfast
EXPOSE 8080
# The monitor starts as root and gives each role its user; it needs SETUID and SETGID and nothing more.
ENTRYPOINT ["/usr/local/bin/holdfast"]
CMD ["serve"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/holdfast", "check", "--health"]
