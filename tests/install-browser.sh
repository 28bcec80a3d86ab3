#!/bin/sh
# Installs Debian's Chromium, in which tests/serving/test_page.py opens the page, where there is none and this user may.
# Where it cannot, those tests are skipped and say why.
set -u

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "no browser: the tests of the page are skipped; as root, run: apt-get install chromium" >&2
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
patience="-o Acquire::http::Timeout=30 -o Acquire::Retries=1 -o DPkg::Lock::Timeout=120"
# shellcheck disable=SC2086 # several words on purpose
{ apt-get $patience update && apt-get $patience install -y --no-install-recommends chromium; } >/dev/null ||
    echo "no browser: apt-get could not install chromium; the tests of the page are skipped" >&2
exit 0
