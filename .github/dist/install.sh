#!/bin/sh
# Installs Herald @VERSION@ for one user, below ~/.local: programs, manual pages, completions and the
# plugin for Claude Code.
#
#   HERALD_PREFIX    another place than ~/.local
#   HERALD_RELEASES  another place to download from than @URL@
#
# Each archive's checksum is below: what is downloaded is unpacked only if it is what was released.
set -eu

checksums='@CHECKSUMS@'

fail() {
    printf 'install.sh: %s\n' "$1" >&2
    exit 1
}

case "$(uname -s)" in
    Linux) system=unknown-linux-gnu ;;
    Darwin) system=apple-darwin ;;
    *) fail "no archive for $(uname -s); hint: cargo install herald-cli" ;;
esac
case "$(uname -m)" in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "no archive for $(uname -m); hint: cargo install herald-cli" ;;
esac
name="herald-@VERSION@-$machine-$system"
archive="$name.tar.gz"
expected=$(printf '%s\n' "$checksums" | sed -n "s/  $archive\$//p")
[ -n "$expected" ] || fail "this release has no $archive; hint: cargo install herald-cli"

prefix="${HERALD_PREFIX:-$HOME/.local}"
releases="${HERALD_RELEASES:-@URL@}"
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"

from="$releases/$archive"
case "$from" in
    file://*) cp "${from#file://}" "$archive" ;;
    *)
        if command -v curl >/dev/null; then
            curl --fail --silent --show-error --location --output "$archive" "$from"
        elif command -v wget >/dev/null; then
            wget --quiet --output-document="$archive" "$from"
        else
            fail "neither curl nor wget is installed"
        fi
        ;;
esac

if command -v sha256sum >/dev/null; then
    found=$(sha256sum "$archive")
elif command -v shasum >/dev/null; then
    found=$(shasum -a 256 "$archive")
else
    fail "neither sha256sum nor shasum is installed: the download cannot be verified"
fi
found=${found%% *}
[ "$found" = "$expected" ] || fail "$from has the checksum $found, not $expected: nothing was installed"

gzip -dc "$archive" | tar xf -
if [ "$system" = apple-darwin ]; then
    # It was verified: macOS need not ask.
    xattr -dr com.apple.quarantine "$name" 2>/dev/null || true
fi

# Moved there, so that a program which is running is replaced and not written over.
put() {
    mkdir -p "$(dirname "$prefix/$2")"
    cp "$name/$1" "$prefix/$2.new"
    mv -f "$prefix/$2.new" "$prefix/$2"
}
put bin/herald-player bin/herald-player
put bin/herald-relay bin/herald-relay
put bin/herald-studio bin/herald-studio
put bin/herald bin/herald
for page in "$name"/man/*; do
    put "man/${page##*/}" "share/man/man1/${page##*/}"
done
(cd "$name" && find claude-plugin -type f) >files
while read -r file; do
    put "$file" "share/herald/$file"
done <files
put completions/herald.bash share/bash-completion/completions/herald
put completions/herald.fish share/fish/vendor_completions.d/herald.fish
put completions/_herald share/zsh/site-functions/_herald

printf 'installed: %s/bin/herald, herald-player, herald-relay and herald-studio, version %s\n' "$prefix" "@VERSION@"
case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) printf 'hint: %s/bin is not on your PATH: export PATH="%s/bin:$PATH"\n' "$prefix" "$prefix" ;;
esac
printf 'next: herald install registers the hooks in your agent, herald test plays a sound\n'
