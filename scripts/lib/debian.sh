# Debian packages: installed where we may, else unpacked below the cache and used from there.
# shellcheck shell=bash

debian_missing() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

# Installs, never removing anything: rustc-web conflicts with Debian's rustup and may with other compilers.
debian_install() {
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends --no-remove install)
    as_root "${install[@]}" "$@" >/dev/null 2>&1 && return
    say "fetching Debian's package lists"
    as_root apt-get -qq update >/dev/null 2>&1 || say "apt-get update failed; trying with the lists at hand"
    as_root "${install[@]}" "$@" >/dev/null
}

# debian_unpack PREFIX PACKAGE...: the packages and whatever of their dependencies the system lacks.
# `apt-get update` is done into lists of our own, which needs no privilege.
debian_unpack() {
    local prefix=$1 work=$1.new
    shift
    rm -rf "$work"
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/root"
    local apt=(apt-get -qq -o Debug::NoLocking=1 -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/archives")
    say "fetching Debian's package lists into $work"
    "${apt[@]}" update >/dev/null 2>&1 || say "some package lists could not be fetched"
    local plan wanted
    plan=$("${apt[@]}" --no-install-recommends --simulate install "$@" 2>&1) || { say "$plan"; return 1; }
    mapfile -t wanted < <(sed -nE 's/^Inst ([^ ]+) .*\(([^ ]+) .*/\1=\2/p' <<<"$plan")
    [ ${#wanted[@]} -gt 0 ] || { say "apt-get finds nothing to unpack"; return 1; }
    say "downloading ${#wanted[@]} packages: ${wanted[*]%%=*}"
    (cd "$work/root" && "${apt[@]}" download "${wanted[@]}") >/dev/null || return 1
    local deb
    for deb in "$work"/root/*.deb; do
        dpkg-deb -x "$deb" "$work/root" && rm "$deb" || return 1
    done
    rm -rf "$prefix"
    mv "$work/root" "$prefix"
    rm -rf "$work"
}

# debian_wrap PREFIX PROGRAM [ARG...]: PREFIX/bin/PROGRAM runs usr/bin/PROGRAM with the unpacked libraries.
debian_wrap() {
    local prefix=$1 program=$2 libraries
    shift 2
    libraries=$(find "$prefix" -name 'lib*.so*' -printf '%h\n' | sort -u | paste -sd:)
    mkdir -p "$prefix/bin"
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec %s/usr/bin/%s %s"$@"\n' \
        "$libraries" "$prefix" "$program" "${*:+$* }" >"$prefix/bin/$program"
    chmod +x "$prefix/bin/$program"
}
