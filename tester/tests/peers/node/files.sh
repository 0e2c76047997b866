# Node as a server of files: sh files.sh NODE PORT FOLDER --directory DIRECTORY
exec "$1" "$(dirname "$0")/files.mjs" "$2" "$5"
