# Node as a server of templates: sh pages.sh NODE PORT FOLDER --root ROOT
exec "$1" "$(dirname "$0")/pages.mjs" "$2" "$5"
