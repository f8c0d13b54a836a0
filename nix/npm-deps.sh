# Copies the npm packages that the build needs into a directory, with nothing in it that may vary:
#   npm-deps.sh SOURCE OUT OS CPU
# SOURCE has package.json, package-lock.json and nix/npm-deps.json; OS and CPU as Node names them. npm holds each package
# against the lock's integrity. Runs in a directory of its own, and installs there.
set -eu
source=$1 out=$2 os=$3 cpu=$4

cp "$source/package.json" "$source/package-lock.json" .
chmod u+w package.json package-lock.json
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --cache "$PWD/cache" --os="$os" --cpu="$cpu" >&2

# The rest of node_modules is for tests; .bin, .package-lock.json and the like differ between versions of npm.
# shellcheck disable=SC2016 # it is JavaScript
node -e '
  const { packages } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"))
  const [, , os, cpu] = process.argv
  for (const path of Object.keys(packages)) {
    if (!path.includes("/@esbuild/") || path.endsWith(`/${os}-${cpu}`)) console.log(path)
  }' "$source/nix/npm-deps.json" "$os" "$cpu" |
  while IFS= read -r package; do
    # Packages inside of packages have lines of their own.
    mkdir -p "$out/$package"
    find "$package" -mindepth 1 -maxdepth 1 ! -name node_modules -exec cp -R {} "$out/$package" \;
  done
find "$out" -type f -exec chmod 644 {} +
chmod 755 "$out/node_modules/@esbuild/$os-$cpu/bin/esbuild"
