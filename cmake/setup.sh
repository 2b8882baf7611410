# Sourced by samples/demo.sh, tests/run.sh and others: brings a Debian 12 (or a later one, or Ubuntu) to where the program
# builds. Says what it installs; where nothing is missing it asks nobody. $root is set to the source tree.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What the program is built from and what its report is drawn with.
kc_build="gcc libc6-dev cmake ninja-build pkg-config libsqlite3-dev libcjson-dev libhpdf-dev libxlsxwriter-dev libzip-dev libxml2-dev
  libssl-dev zlib1g-dev libpng-dev libcurl4-openssl-dev fonts-noto-core fonts-noto-mono fonts-ipafont-gothic"
# What shows that it works: test library and server, the stock tools that an auditor has.
kc_quick="$kc_build libcmocka-dev libnghttp2-dev openssl sqlite3 zip python3 python3-openpyxl poppler-utils libnss3-tools qpdf curl jq locales softhsm2 opensc
  libengine-pkcs11-openssl"
# Only for the full run: an office suite, PDFBox's preflight, a recording proxy, fuzzing and lint, Azure's own clients.
kc_full="$kc_quick libreoffice-calc python3-uno xmlsec1 default-jdk-headless libpdfbox2-java libfontbox2-java libcommons-io-java libjaxb-api-java
  mupdf-tools gnutls-bin gpgsm gpg-agent mitmproxy debootstrap clang clang-format clang-tidy libclang-rt-dev azure-cli python3-azure"

# kc_missing PACKAGE...: those that are not installed.
kc_missing() {
  comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii  *//p' | sort -u)
}

# kc_install PACKAGE...: with apt, as root or with sudo.
kc_install() {
  local missing sudo=()
  command -v dpkg-query >/dev/null || { echo "this is no Debian; what is needed is called there:" "$@" >&2; return 1; }
  missing=$(kc_missing "$@")
  [ -n "$missing" ] || return 0
  echo "installs with apt:" $missing
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "run it as root, or install sudo" >&2; return 1; }
    sudo=(sudo)
  fi
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  # shellcheck disable=SC2086
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >"${TMPDIR:-/tmp}/keycustody-apt.log" 2>&1 ||
    { tail -n 20 "${TMPDIR:-/tmp}/keycustody-apt.log" >&2; return 1; }
}

# kc_make FOLDER [cmake options]: configures once, builds what changed. Prints the whole log where it fails.
kc_make() {
  local folder=$1 log=$1/make.log
  shift
  mkdir -p "$folder"
  command -v ccache >/dev/null && set -- "$@" -DCMAKE_C_COMPILER_LAUNCHER=ccache
  { cmake -S "$root" -B "$folder" -G Ninja "$@" && ninja -C "$folder"; } >"$log" 2>&1 || { cat "$log" >&2; return 1; }
}
