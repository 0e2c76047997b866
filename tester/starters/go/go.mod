module my-http-server

go 1.22
