"""An HTTP server that grows with the stages: at LEVEL n it can do what stages 1 to n ask, and no more."""

import gzip
import os
import socket
import sys
import threading
from urllib.parse import unquote_to_bytes

LEVEL = 14

# At level 12 one connection at a time is kept for further requests; from 13 on, every one.
the_one_that_is_kept = threading.Lock()


def main():
    listener = socket.create_server(("127.0.0.1", 4221), backlog=128)
    while True:
        connection, _ = listener.accept()
        if LEVEL >= 6:
            threading.Thread(target=serve, args=(connection,), daemon=True).start()
        else:
            serve(connection)


def serve(connection):
    try:
        with connection:
            if LEVEL >= 3:
                converse(connection)
                hang_up(connection)
            elif LEVEL == 2:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except OSError as error:
        # This client is gone. The others are not.
        print(error)


def converse(connection):
    """Answers requests until one of the two has had enough."""
    buffer = bytearray()
    kept = LEVEL >= 13
    try:
        while True:
            head = read_head(connection, buffer)
            if head is None:
                return
            request_line, *lines = head.split(b"\r\n")
            parts = request_line.split(b" ")
            if len(parts) != 3:
                return send(connection, "400 Bad Request", {}, b"")
            method, path, _ = parts
            fields = {}
            for line in lines:
                name, _, value = line.partition(b":")
                fields[name.lower()] = value.strip(b" \t")
            body = b""
            if LEVEL >= 8 and fields.get(b"content-length", b"").isdigit():
                body = read_body(connection, buffer, int(fields[b"content-length"]))
                if body is None:
                    return

            status, answer_fields, answer = respond(method, path, fields, body)

            last = LEVEL >= 14 and fields.get(b"connection", b"").lower() == b"close"
            if last:
                answer_fields["Connection"] = "close"
            send(connection, status, answer_fields, answer)
            if LEVEL == 12 and not kept:
                kept = the_one_that_is_kept.acquire(blocking=False)
            if last or not kept:
                return
    finally:
        if LEVEL == 12 and kept:
            the_one_that_is_kept.release()


def read_head(connection, buffer):
    """Takes a request's head from the buffer; None if the client leaves before the empty line."""
    while b"\r\n\r\n" not in buffer:
        more = connection.recv(4096)
        if not more:
            return None
        buffer += more
    head, _, rest = buffer.partition(b"\r\n\r\n")
    buffer[:] = rest
    return bytes(head)


def read_body(connection, buffer, length):
    """Takes as many bytes from the buffer; None if the client leaves before they are there."""
    while len(buffer) < length:
        more = connection.recv(65536)
        if not more:
            return None
        buffer += more
    body = bytes(buffer[:length])
    del buffer[:length]
    return body


def respond(method, path, fields, body):
    """The status, the fields and the body of the answer."""
    if path == b"/":
        return "200 OK", {}, b""
    if LEVEL >= 4 and path.startswith(b"/echo/"):
        return echo(unquote_to_bytes(path[len(b"/echo/") :]), fields.get(b"accept-encoding", b""))
    if LEVEL >= 5 and path == b"/user-agent":
        return "200 OK", {"Content-Type": "text/plain"}, fields.get(b"user-agent", b"")
    if LEVEL >= 7 and path.startswith(b"/files/"):
        name = unquote_to_bytes(path[len(b"/files/") :])
        # A name, not a way out of the directory.
        if name not in (b"", b".", b"..") and b"/" not in name and b"\0" not in name:
            file = os.path.join(os.fsencode(directory()), name)
            if method == b"GET" and os.path.isfile(file):
                with open(file, "rb") as opened:
                    return "200 OK", {"Content-Type": "application/octet-stream"}, opened.read()
            if LEVEL >= 8 and method == b"POST":
                with open(file, "wb") as opened:
                    opened.write(body)
                return "201 Created", {}, b""
    return "404 Not Found", {}, b""


def echo(text, accepted):
    fields = {"Content-Type": "text/plain"}
    if LEVEL >= 9 and wants_gzip(accepted):
        fields["Content-Encoding"] = "gzip"
        if LEVEL >= 11:
            text = gzip.compress(text)
    return "200 OK", fields, text


def wants_gzip(accepted):
    if LEVEL < 10:
        return accepted == b"gzip"
    for member in accepted.split(b","):
        coding, *parameters = [part.strip(b" \t").lower() for part in member.split(b";")]
        if coding == b"gzip":
            return not any(parameter in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000") for parameter in parameters)
    return False


def send(connection, status, fields, body):
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    connection.sendall("\r\n".join(lines).encode() + body)


def hang_up(connection):
    """Closes once the client has read everything: what it still sends would make a reset of it."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(1)
    while connection.recv(65536):
        pass


def directory():
    """The folder after --directory."""
    return sys.argv[sys.argv.index("--directory") + 1] if "--directory" in sys.argv[:-1] else "."


if __name__ == "__main__":
    main()
