# nginx as a server of files, with uploads: sh files.sh NGINX PORT FOLDER [--directory DIRECTORY]
nginx=$1 port=$2 folder=$3 directory=${5:-/nonexistent}

# It stores what comes by PUT, so a POST goes to itself once more, as a PUT.
cat >"$folder/nginx.conf" <<END
daemon off;
master_process off;
pid $folder/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $folder;
    proxy_temp_path $folder;
    fastcgi_temp_path $folder;
    uwsgi_temp_path $folder;
    scgi_temp_path $folder;
    client_max_body_size 0;
    types { }
    # Its own default looks for the same date only.
    if_modified_since before;
    server {
        listen 127.0.0.1:$port;
        default_type text/plain;
        recursive_error_pages on;
        location = / { return 200 ""; }
        location = /user-agent { return 200 \$http_user_agent; }
        location ~ ^/echo/(.*)\$ { return 200 \$1; }
        location /files/ {
            alias ${directory%/}/;
            default_type application/octet-stream;
            error_page 418 = @store;
            if (\$request_method = POST) { return 418; }
        }
        location = /none { internal; return 404; }
        location @store {
            proxy_method PUT;
            proxy_pass http://unix:$folder/store;
            proxy_hide_header Location;
            # It fails where there is no such folder.
            proxy_intercept_errors on;
            error_page 500 =404 /none;
        }
    }
    server {
        listen unix:$folder/store;
        location /files/ {
            alias ${directory%/}/;
            dav_methods PUT;
        }
    }
}
END
exec "$nginx" -p "$folder" -c "$folder/nginx.conf" -e stderr
