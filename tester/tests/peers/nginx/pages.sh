# nginx as a server of web pages: sh pages.sh NGINX PORT FOLDER --root ROOT
nginx=$1 port=$2 folder=$3 root=$5

missing=
if [ -f "$root/404.html" ]; then
    missing='error_page 404 /404.html;'
fi

# nginx has no table of redirects, so each line of it becomes a location.
: >"$folder/table"
if [ -f "$root/_redirects" ]; then
    awk '
        /^#/ || NF < 2 || $1 !~ /^\// || $1 in seen { next }
        { status = NF > 2 ? $3 : 301 }
        status !~ /^(30[12378]|410|418)$/ { next }
        { seen[$1] = 1; query = $2 ~ /\?/ ? "" : "$is_args$args" }
        status < 400 { printf "location = %s { return %s %s%s; }\n", $1, status, $2, query; next }
        status == 418 { printf "location = %s { error_page 418 %s; return 418; }\n", $1, $2; next }
        { printf "location = %s { return %s; }\n", $1, status }
    ' "$root/_redirects" >"$folder/table"
fi

cat >"$folder/nginx.conf" <<END
daemon off;
master_process off;
pid $folder/pid;
error_log stderr;
events { }
http {
    access_log off;
    client_body_temp_path $folder;
    proxy_temp_path $folder;
    fastcgi_temp_path $folder;
    uwsgi_temp_path $folder;
    scgi_temp_path $folder;
    types {
        text/html html;
        text/css css;
        text/javascript js;
        text/plain txt;
        application/json json;
        image/svg+xml svg;
        image/png png;
    }
    charset utf-8;
    charset_types text/css text/javascript text/plain;
    server {
        listen 127.0.0.1:$port;
        root $root;
        autoindex on;
        absolute_redirect off;
        $missing
        include $folder/table;
        location ~ (^|/)\\. { return 404; }
        location = /_redirects { return 404; }
        location ~ ^/echo/(.*)\$ {
            types { }
            charset off;
            default_type text/plain;
            return 200 \$1;
        }
        location / { default_type application/octet-stream; }
    }
}
END
exec "$nginx" -p "$folder" -c "$folder/nginx.conf" -e stderr
