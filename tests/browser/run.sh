#!/bin/sh
# Draws the notices of notices.json and puts them before a headless browser: one sheet each, every block, a QR
# code that reads back. CHROMIUM names the browser (else chromium of the path); Chinese typefaces must be
# there, for measures without them say nothing. With a folder as argument the pictures of the docs go there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
pictures=${1:-}
[ -z "$pictures" ] || pictures=$(cd "$pictures" && pwd)
cd "$here/../.."

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
if [ -z "$CHROMIUM" ]; then
    echo "no browser: install chromium and fonts-noto-cjk, or name one in CHROMIUM" >&2
    exit 69
fi
export CHROMIUM
if [ -z "$(fc-list :lang=zh-cn)" ]; then
    echo "no Chinese typeface: install fonts-noto-cjk" >&2
    exit 69
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/notice_paper.mjs" "$here/package.json" "$folder"
npm install --silent --no-audit --no-fund --prefix "$folder"
mkdir "$folder/pages"
cargo run --quiet --locked --example notice_paper -- "$here/notices.json" "$folder/pages" > "$folder/index.tsv"
node "$folder/notice_paper.mjs" "$folder/pages" "$folder/index.tsv" $pictures
